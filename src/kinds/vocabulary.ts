/** Every word that the code knows, collected by test/kinds/vocabulary.test.ts. */
export const VOCABULARY = {
  /** A pattern may meet it in the midst of a name. */
  inside: `
accept access akefile arg basic bind cgit connect custom delay django docker entrypoint err exec
false fcgiwrap flask fpm getgrnam gitweb hhvm http if include lib listen local log mailman mailman3
moin ms munin name nginx no none null ockerfile off offset on ontainerfile opcache openresty opt
overlay overrid perl phar php phtml ping pool pss python python3 radicale render replace request
rssanon run runtimedirectory searx server share site size smokeping status subst trac true uri uss
value version vhost vhosts where www xml yes
`,
  /** Patterns meet it only where a name begins. */
  starts: `
0b 0o 0x 40 91768 add ap args available basedir bin cache cgroup changelog compile container copy
data default deferred els else elsif enabled end etc extension failed fcgi filename first from geoip
globals gpc host https ipv jp keepalive license localhost long lua makefile memory mode modsecurity
path ph port pre prefix processor rate readme reuseport root scheme servers sites string there to
urlencoded usr var zz
`,
  /** Patterns meet it only where a name ends. */
  ends: `
and available bin cgi data document elif else enabled endfor endif endwhile env fastcgi for host in
limit location magic max measured min ml modules open paths pend pm poll polling pools port realpath
referer register remi safe set sites spawn suppress the user while zend zone
`,
  /** A name as a whole. */
  whole: `
0 00 000 00000000 0001 00010000 001 01 0123456789 05 0660 0755 0a 0b 0o 0s 0x 1 10 1000 10000 1024
107 10m 10r 10s 11 12 127 128 128m 1440 15 16 1635 16384 18 19 192 1h 1m 1m30s 2 20 200 2001 2026
2048 21 22 23 24 24h 25 250ms 255 256 27 29 2g 2m 3 30 300 30r 31 32 32m 34 4 40 403 404 4095 4096
410 413 422 444 499 5 50 500 500ms 502 503 504 511 512 512m 599 5m 6 60m 60s 63 64 64k 64m 65535
65536 65s 6735 7 78 8 80 8192 8g 8k 8m 9 9000 91768 9a a abort about above absent absolute
accelerated accepts account accounts acl across active add added additionalproperties addr address
addresses adds admin affinity after again agent ahead ai aio ajp ajv alert alias alike alive all
alloc allow allowance allowed allows alone already also although always among an and anew anon
another ansible answer answered answers any anybody anyone anything anyway anywhere ap apache apart
apc apcu api apparmor application applications applied applies apply apx1 are args argument arguments
around array arrival arrives as ash ask asked asks assert asset assets assign assumed at attack audit
auth authorization authors authpriv auto autoescape autoindex available avatar average away awk b
back backlog backslash backup backups backwards bad bak balance balancing bare base basedir bash
batch bck be because become becomes been before begin begins behind being belong belongs below
berksfile beside better between big bin binary binding bindings bindpaths bindreadonlypaths bitmask
bits bk blank block blocked blocks blog bodies body bool boolean boot bootstrap both bound bounded
bounds br brace braces bracket brackets branch branches break brewfile brings browser buffer buffered
buffering buffers bug build built builtin bundle bundles burst busy but by bymemory bymode bypass
bypassed byte bytes c ca cache cachedirectory caches caching caddy caddyfile calculation call came
can cannot canonical capacity capfile capture captures case catch caught cause centos certain
certificate cfg cfs cgi cgroup cgroups ch chain changelog changes character characters charset
charsets chat chdir check checked checks chef children choice choices choose chooses chosen chroot
chroots chunked circle cjs class classes clear cli client clients clock close closed closeness closes
closing cmd cmdline cnf code collate collect colon colons column columns com combination combined
come comes comm command commas comment commented comments common compare compared compares compat
compile compiled complex compose computed computes concat condition conditions conf confd config
configuration configurationdirectory configure conn connecting connection connections connects
consistent constant constants consumption cont contain container containerenv containerfile
containers contains content context contexts continue continues contradict contradictory contributing
control cookie copied copy core cores correct costs could count counts cover covers cpp cpu cpuacct
cpuinfo cpus cpuset cr crash crashes create creates credits crit crlf cron crontab crypt crypto cs
csk css csv ctmpl ctype curl curlopt curly current cursor cut cuts cve cwd cycle d daemon daemonize
daemons dangling dash data database databases datagram date dav day db db8 dbus ddev de dead debian
debug decide decides decimal declares decorate deep default defaults defeats deferred define defined
defines delete demand demo denied deny depends deploy deployed deployment deprecated depth describes
dev device devices differ difference different differently digest digits dir directio directive
directives directly directories directory dirindex dis disable disabled disallowed disappeared
discard disk display dist distribution dns do doc dockerenv dockerfile dockerize docroot docs
document does dollar domain done door dot dots doubled down download downloads dragonfly drain
drizzle dropped drops dump dumpable duplicate duplicates duration during dynamic e eacces each eagain
early earthfile echo edit efbig effect effective efi eighth eisdir either ejs element elif els else
elseif elseunless elsewhere elsif embed emerg emergency emptied empty en enable enabled enclosing
encoding end ended endfor endforeach endif endisset endless ends endunless endwhile engine enoent
enotdir enough ent enter entity entries entry enum env environment envsubst eo eof eot ep eperm epoch
epoll epp equal erb error errors es escape etc eu evaluate even event eventport events eventsource
ever every everybody everything everywhere evidence exact exactly example examples except exe
execcondition execstart execstartpre executable execution exist existing exists exit exits expect
expecting expires export exports exposed expression expressions extends extension
extensiondirectories extensionimages extensions extr extrausers f fa facility facts fail failed
failover fails failure fallback fallbacks falls families family fancyindex fastcgi fastopen fault
faults faulty fcgi fd features fedora feed feeds few fewer ffff field file filename files filesize
filesystem fills filter find finding finds fingerprint finished finite firewalls first fit fits five
fix fixed fixes flag flags flock flush fnm followed following follows font fonts fopen for forbidden
foreach foreign forever form format formats forms forwarded found fpm8 fpmlint fr fragments free
freebsd freedesktop freezes freq fresh from front frozen fs fstab ftp full function functions further
futex g gap gateway gather gc gecko gemfile geo geoip get getaddrinfo getpwnam gets gib gid gif
github give gives glob global globalize globals go goes gomplate gotmpl gotpl gpc grammar greater
group grouping groups grow grows grpc grpcs gss guards guess guessed gz gzip h half halving hand
handlebars handler hands handshake haproxy has hash hat have hbs head header headers headroom health
held help here heroku hesiod hex hexadecimal hidden hides hls hold holds home hook hop hops host
hostname hostnames hosts how however hpp hrtimer hsluiix htdocs htm html http3 httpd httpdocs https
hundreds hyphen i ico icon icons id ident idle ignore ignored ignores image images imagetype img
immediately import imports impossible in inaccessible inaccessibledirectories inaccessiblepaths
inactive inc included includes including incomplete indented index inet inf info inherit inherited
ini init initial inner inode input insensitive inside install installer instance instead integer
intended intent intercept intercepted interface intern internal interned interval into invalid io ip
ipv ipv4 ipv6 ipv6only is isdefault iskind isset it items its itself j2 java jenkinsfile jinja jinja2
jit job jobs jp jpeg jpg js json jsx judged jump just justfile jwt k k8s kb keep keepalive keeps kept
kern kernel key keys keyval kib kill killed kills kilo kilobytes kind know knowing known knows koi
konqueror kqueue kubernetes l label labels lacks lamp lan lando language laravel large larger last
late later latest latin1 layout lc ldap lead leading leads leak least leave leaves led left lemp
length less let lets letter letters level levels lf library libxml licence license like likewise
limit limitnofile limits line lines link links linux liquid list listed listeners listening listens
listenstream listing literal literally literals live lnmp load loaded loader loads local0 local1
local2 local3 local4 local5 local6 local7 localdomain localhost location locations lock locks logged
logging logs logsdirectory long longer look looked looking looks lookup loop loopback loses lost
lower lowest lpr lsphp lua m machine machines macro made magic mail main make makefile makes mako man
managed manager manual many map maps mariadb mark markdown marked marks masks master masters match
matches matter max maximum maxlifetime may maybe mb mbstring md mean means meant measure measured
mechanism media meetings mega megabytes mehsluiixmnstu memavailable member memcached meminfo memo
memory memorylimit memorymax memtotal mention mercure merge message messages method methods metrics
mib micro microseconds mili miliseconds milli milliseconds mime min mind minute mirror mismatch
misread misreads missing misspelt mjs mk mkcol ml mn mo mod mode model modern modified modifier
modsecurity module modules monetary mongod mongodb monitor monitoring more most mostly mount
mountimages mounts move moved moves msec msie msie6 mt much multipart multipath multiple must
mustache mutex my mysql mysqld mysqli n named names nan nanosleep nchan nearer need needed needs
negative neighbours neither neon nested net network networking networks never nevertheless new newer
news next nginxaddress ngx nis nisplus njk njs nl nobody node nodes nofile nogroup nohostname nor not
notes nothing notice notification notifications notify now nspid nsswitch ntp number numbers numeric
o object occupy ocsp octal of often ok old once ondemand one ones online only oom open opened opens
openssl opera operation operator option optional options or order ordinary org orig original other
otherpasses others otherwise out outer outlives output outside over overcommit overflow overlays
overload overridden override overrides oversubscribed own owner p package packaged packets pacnew
pacsave page pages pagespeed pair pairs pam param parameter parameters params parents parse parser
part partial parts party pass passed passes passing passwd password passwords patch path pathinfo
paths pattern patterns pause pcre pdf pear pend per percent percentages percentile perdir period
permanent permission permissions permitted pgsql ph phases php8 phpfpm phpt picture pictures pid
piece pieces pinned pins pipe pitfalls pl place placeholder placeholders places plain plan platform
please pm png po points poll polling pong pools pop port ports positive post postgres postgresql
power ppid pre precontent prefix preg preload prematurely prev prevented prevents primary print
prints priority private privatetmp probably proc process processes processor processors procfile
progress propertynames propfind proppatch protected protecthome protection protects protectsystem
proto protocol protocols provide provision proxy ps psfs public published pull puppet puppetfile push
put py pyc q quantifier quantity quarter queries query question queue quic quiet quota quote quoted
quotes r raise rakefile ram ramp ran random range ranges rate rather raw rb rc rcvbuf reach reached
reaches read reading readlink readme readonlydirectories readonlypaths reads readwritedirectories
readwritepaths ready real realip realpath realtime reason reboot recommend recoverable recursive
recursively recv recycling redhat redirect redirection redirects redis redis2 referer referers
refusal refusals refuse refused refuses regex register regular rej reject relative release releases
reload rely remi remote remove removed removes rename rendered repair repeat repeats replaced
replacement replacements replaces report reported reporting reports req requests require required
requirements requires rescue resembles reserve reserved resolve resolver resolves resource resources
response rest restart restarts resting rests result return reuseport revalidate review reworded
rewrite rewriting rhel right rlimit role room root rootdirectory rootimage round rounding route
routes row rows rpmnew rpmorig rpmsave rs rss rssfile rssize rssshmem rst rsz rtmp rtsig ru rule
rules runlevels running runs rw s safari safe said salt same sameprogram sample samples satisfy
saturation save saved say says scalar scan scandir scanner scgi schedule schemas scheme sck scope
script scripts scss search sec second seconds secret section secure security sed see seek seems seen
sees seldom select self semicolon send sendmail sends sent separate separated separator sequence
serve served servers serves service servname session sessions set setfib sets setting settings settle
settled setup several severity sh sha256 shadowed shared shares ships shm shop short shorter should
show shown shows shut shuts siblings sid side sign silences silent since single singlebymemory sites
sized sizes skb skel skeleton skeletons skin skins skip slash slashes sleep slip slot slots slow
slowlog slowly small smaller smallest snap sndbuf snippet snippets so soc sock socket sockets
socktype sodium software somaxconn some somebody something somewhere sort source sources space
spaceless spaces span spare spawn spdy speak speaks spec special specified specify spelled spelling
spelt split splits spnego spool sql src srun srv sse ssl sss sssd standard start started starts
startup stat state statedirectory statements static stats statuses stay stays steps sticks still
stock stopped stops store stored stores stpl str stray stream streaming streams strict string strings
stu stub stubs stunnel style styles stylesheets su sub subrequests such suffix sum sunfuncs
supervisor supervisord support supported suppress suppression suwsgi svg swallowed switch switched
swo swp symbolic symlink symlinks syntax sys sysconfig sysctl syslog system systemctl systemd t table
tablerow tables tag tail take taken takes target targets tc tcp tcp6 te tell tells temp templ
template templates temporary temporaryfilesystem ten terminate terminated terms test text texts than
that the their them theme themes then there these they third this those though thread threads three
threshold through thrown thumb thumbnails thumbs tighter time timeout timeouts times timestamps
timings tiny tls tmp tmpfiles tmpfs tmpl to together token tokens told too tool toolong top tos total
tpl trace tracing track traffic trailer trailing trans transfer translated transparent tree tried
tries triggers trusted try trying ts tsx tt ttf twice twig two txt type typed types u ubuntu udev uid
uk unable unclear unclosed undeclared under underscores understood unexpected unit units unix unknown
unless unlimited unlisted unlock unmodified unnamed unreachable unread unreadable unseen unsupported
until untold unused up update upgrade upload uploaded uploads upstream upstreams url urlencoded urls
us usage use used useful useless user userid users uses using usr usual usually utf utf8 uucp uwsgi v
v3 vagrant vagrantfile vain valid validate valkey values var variable variables varname vars vendor
verb verbatim verify via vm vmhwm vmrss vmstat volatile vue w wait waits walk want wanted wants warn
warning warnings was watches way ways wchan web webfonts webp webs webserver weight weightsource well
were what whatever when wherever whether which whichever while whitespace who whole whose why widely
wildcard will win win32 winbind wins with within without woff woff2 word wordpress words work worker
workers working works world worse worst worstcase worth would writable write writes written wrong ws
wwwroot wwwrun x xdebug xmlrpc xss y yaml year yet yml you z z0 za zend zero zip zlib zone zones zsh
zz
`,
  /** Parameters of FastCGI. */
  parameters: `
AC ACL ADD ARG ARGS ARRAY ASSERT BKMGT BOOL_FALSE BOOL_TRUE BSD CASE CGI CMD COMM COMMAND CONNECT
CONNECTION CONTENT_LENGTH CONTENT_TYPE COPY COUNT CPU CR CREDITS CRLF CRYPT CURL CURLOPT CVE DATE DB
DBFF DC DCFF DEBUG DEFAULT DELETE DIRECTORY DNS DOCUMENT_ROOT DOCUMENT_URI EACCES EAGAIN EFBIG EISDIR
END_OF_LINE ENOENT ENOTDIR ENT EPERM EXTR E_ALL E_COMPILE_ERROR E_COMPILE_WARNING E_CORE_ERROR
E_CORE_WARNING E_DEPRECATED E_ERROR E_NOTICE E_PARSE E_RECOVERABLE_ERROR E_STRICT E_USER_DEPRECATED
E_USER_ERROR E_USER_NOTICE E_USER_WARNING E_WARNING FEFF FILE FILES FILTER FNM FPM FROM
GATEWAY_INTERFACE GB GET GH GLOB HAP HEAD HOST HTML HTTP HTTPS HTTP_COOKIE HTTP_HOST HTTP_IF_MATCH
HTTP_IF_MODIFIED_SINCE HTTP_IF_NONE_MATCH HTTP_IF_RANGE HTTP_IF_UNMODIFIED_SINCE HTTP_PROXY
HTTP_RANGE HWM IMAGETYPE IMG INF INFO INI INI_ALL INI_PERDIR INI_SYSTEM INI_USER INPUT IP
IP_TRANSPARENT JSON KEY LC LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_MONETARY LC_NUMERIC LC_TIME LDAP
LF LIBXML LOCK LOG MB MKCOL MN MNSTU MOVE MS MT NAME NAN NEWS NOFILE NS NULL NULL_NULL NUMBER OCSP
ONLY OOM OP OPENSSL OPT OPTIONS ORIG_PATH_INFO ORIG_PATH_TRANSLATED ORIG_SCRIPT_FILENAME
ORIG_SCRIPT_NAME PASSWORD PATCH PATH PATHINFO PATH_INFO PATH_TRANSLATED PCRE PEAR PHP PHP_ADMIN_VALUE
PHP_VALUE PID PORT POST PP PR PREG PROPFIND PROPPATCH PSFS PSS PUT QUERY_STRING RAM RD
REDIRECT_STATUS REMOTE_ADDR REMOTE_PORT REQUEST_METHOD REQUEST_SCHEME REQUEST_URI RHEL RSS RSSIZE RSZ
SCANDIR SCGI SCLE SCRIPT_FILENAME SCRIPT_NAME SEEK SEL SERVER SERVER_ADDR SERVER_NAME SERVER_PORT
SERVER_PROTOCOL SERVER_SOFTWARE SID SIGKILL SIGTERM SODIUM SORT SQL SSL STAT STATE STR STREAM STU
SUNFUNCS TCP TC_CONSTANT TC_DOLLAR_CURLY TC_LABEL TC_NUMBER TC_OFFSET TC_QUOTED_STRING TC_RAW
TC_SECTION TC_STRING TC_VARNAME TC_WHITESPACE TLS TRACE UNLOCK UPGRADING UPLOAD URI URL USS UTF VALUE
WCHAN XML XSS ZEND ZEND_INI_PARSER_ENTRY
`,
} as const;

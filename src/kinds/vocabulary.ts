/** Every word that the code knows, collected by test/kinds/vocabulary.test.ts: in a pattern, as a whole, as a parameter. */
export const VOCABULARY = {
  inside: `
0b 0o 0x 127 40 91768 accelerated accept access active add addr admin agent ajp all allow and ansible
ap apache apc api application arg args array assert asset auth auto autoindex available backlog
backup bad base basedir bash basic batch begin bin bind block blocked break buffer build builtin
bundle by byte bytes ca cache caddy case certificate cgi cgit cgroup charset chat chdir chef chroot
cli client clients cmdline com comment compat compile concat conf config configuration conn connect
connection consumption content continue cookie count credits cron crypt css csv ctmpl curl curlopt
current custom cve dash data date dav db dbus ddev debug default deferred define delay delete deny
depth dev digest dir directory disable display dist django dns do doc docker document domain download
drain drizzle dump each echo ejs elif els else elseif elseunless elsif empty enabled end endfor
endforeach endif endisset endunless endwhile ent env envsubst epoch epp erb err error errors escape
etc event eventsource example exec execcondition execstartpre expires export extension extr
extrausers failed false fancyindex fastcgi fastopen fcgi fcgiwrap feed ffff file filename files
filter first flag flags flask flush fnm font fopen for foreach form format forwarded found fpm fs
functions gap gateway geo geoip get getgrnam gif gitweb glob globals gotmpl gotpl gpc group grpc gss
gzip handlebars hash hbs head header health heroku hesiod hhvm hls home host hostname hostnames
htdocs htm html http httpdocs https ico icon id if image imagetype img import in include index info
ing ini input internal interned ip ipv ipv6only is isset j2 jinja jinja2 jit job jp js json jwt k8s
kb keepalive key keys keyval kill known kubernetes lando last latest lc ldap least lib libxml limit
link liquid listen live local localhost location lock log long loop lsphp lua magic mailman mako
managed map master max mb mbstring measured media memcached memory memtotal mercure method methods
metrics min mirror mode modsecurity modules moin monitor more mount ms mt multipart munin mustache
mysqli name names nchan net nginx nis njk njs no nobody none not notification notify nspid null off
offset on oom opcache open openresty openssl opt optional options order org out overlay overrid owner
page pam param partial pass passwd password path pathinfo paths pcre pdf pear pem pend perl permanent
ph phar php php8 phpfpm phtml picture ping platform pm png poll pool pools port post postgres ppid
pre precontent prefix preg preload print proc processor progress proto proxy psfs public puppet push
python query queue quic quotes radicale random range rate rcvbuf readlink realip realpath realtime
redirect redis referer register release releases remi remote render reporting req request require
requires rescue resource return reuseport rewrite root rootdirectory rootimage route rssanon rtmp
rules run runtimedirectory rw safe salt sample satisfy scandir scgi scheme sck script scripts searx
sec secure seek sendmail sent server servers service session set setfib sh share shared shm siblings
sid site sites size skel skeleton skin slow slowlog smokeping sndbuf snippets so soc sock socket
sodium sort spare spawn split spnego spool srun srv sse ssl sss start startup stat static status
store stpl str stream streaming string strings stub style stylesheets sunfuncs suppress svg sys
systemctl systemd tablerow tail temp templ template temporaryfilesystem the theme there thread
threads thumb thumbnails time times tmp tmpl to tpl trac trace traffic trailer translated true try
twig txt udev uid unix unless unlimited until upload upstream uri url urlencoded user usr utf uwsgi
vagrant valid value var variables vendor verify version vhost vhosts vm wants web webfonts webp webs
well when where while whole winbind with woff worker ws www wwwroot wwwrun xdebug xml yes zend zip
zlib zone zz
`,
  whole: `
0 00 000 00000000 0001 00010000 001 01 0123456789 05 0660 0755 0a 0s 1 10 1000 10000 1024 107 10m 10r
10s 11 12 128 128m 1440 15 16 1635 16384 18 19 192 1h 1m 1m30s 2 20 200 2001 2026 2048 21 22 23 24
24h 25 250ms 255 256 27 29 2g 2m 3 30 300 30r 31 32 32m 34 4 403 404 4095 4096 410 413 422 499 5 50
500 500ms 502 503 504 511 512 512m 599 5m 6 60m 60s 63 64 64k 64m 65535 65536 65s 6735 7 78 8 80 8192
8g 8k 8m 9 9000 9a a abort about above absent absolute accepts account accounts acl across added
additionalproperties address addresses adds affinity after again ahead ai aio ajv alert alias alike
alive alloc allowance allowed allows alone already also although always among an anew anon another
answer answered answers any anybody anyone anything anyway anywhere apart apcu apparmor applications
applied applies apply apx1 are argument arguments around arrival arrives as ask asked asks assign
assumed at attack audit authorization authpriv autoescape avatar average away b back backslash
backups backwards bak balance balancing bare bck be because become becomes been before begins behind
being belong belongs below beside better between big binary binding bindings bindpaths
bindreadonlypaths bits bk blank blocks blog bodies body bool boolean boot both bound bounded bounds
brace braces bracket brackets branch branches brings browser buffered buffering buffers bug built
burst busy but bymemory bymode bypass bypassed c cachedirectory caches caching calculation call came
can cannot canonical capacity capture captures catch caught cause centos certain cfg cfs cgroups
chain changes character characters charsets check checked checks children choice choices choose
chooses chosen chroots chunked circle cjs class classes clear clock close closed closeness closes
closing cmd cnf code collate collect colon colons column columns combination combined come comes comm
command commas commented comments common compare compared compares compiled complex compose computed
computes condition conditions configurationdirectory connecting connections connects consistent
constant constants contain container containerenv containers contains context contexts continues
contradict contradictory control copied copy core cores correct costs could counts cover covers cpp
cpu cpuacct cpuinfo cpus cpuset cr crash crashes create creates crit crlf crontab crypto cs csk ctype
curly cursor cut cuts cycle d daemon daemonize daemons dangling database databases datagram day db8
dead debian decide decides decimal declares decorate deep defaults defeats defined defines demand
demo denied depends deployed deployment deprecated describes device devices differ difference
different differently digits directio directive directives directly directories dirindex dis disabled
disallowed disappeared discard disk distribution dockerenv dockerfile docs does dollar done door dot
dots doubled down downloads dragonfly dropped drops dumpable duplicate duplicates duration during
dynamic e eacces eagain early edit efbig effect effective efi eighth eisdir either element elsewhere
embed emerg emergency emptied en enable enclosing encoding ended endless ends engine enoent enotdir
enough enter entity entries entry entrypoint enum environment eo eof eot eperm epoll equal evaluate
even eventport events ever every everybody everything everywhere evidence exact exactly examples
except exe execstart executable execution exist existing exists exit exits expect expecting exposed
expression expressions extends extensiondirectories extensionimages extensions f fa facility facts
fail failover fails failure fallback falls families family fault faults faulty features fedora few
fewer field filesize filesystem fills find finding finds finished firewalls fit fits five fix fixed
fixes flock followed following follows foreign forever formats forms fpm8 fpmlint fragments free
freebsd freedesktop freezes freq fresh from front frozen fstab ftp full function further futex g
gather gc gecko getaddrinfo getpwnam gets gib gid github give gives global globalize go goes grammar
greater grouping groups grow grows grpcs guards guess guessed gz h half hand handler hands handshake
haproxy has hat have headers headroom held help here hex hexadecimal hidden hides hold holds hook hop
hops hosts how however hpp hrtimer hsluiix http3 hundreds hyphen i ident idle ignore ignored ignores
images immediately impossible inaccessible inaccessibledirectories inaccessiblepaths inactive inc
included includes including incomplete indented inet inf inherit inherited initial inner inode
insensitive inside install instance instead integer intended intent intercept intercepted interface
intern interval into invalid ipv4 ipv6 isdefault iskind it items its itself iy java jobs jpeg jpg jsx
judged jump just k keep keeps kept kern kernel kib killed kills kilo kilobytes kind know knowing
knows koi konqueror kqueue l label labels lacks language large larger late later latin1 layout lead
leading leads leak leave leaves led left length less let lets letter letters level levels lf library
like limitnofile limits line lines links linux list listed listeners listening listens listenstream
listing literal literally literals load loaded loader loads local0 local1 local2 local3 local4 local5
local6 local7 locations locks logged logging logs logsdirectory longer look looked looking looks
lookup loopback loses lost lower lowest lpr m machine machines macro made mail main make makes man
manager manual many maps mariadb mark markdown marked marks masks masters match matches matter
maximum maxlifetime may maybe md mean means meant measure mechanism meetings mega megabytes
mehsluiixmnstu memavailable member meminfo memo memorylimit memorymax mention merge message messages
mib micro microseconds mili miliseconds milli milliseconds mime mind minute mismatch misread misreads
missing misspelt mjs mkcol ml mn mo model modern modified modifier module monetary mongod mongodb
most mostly mountimages mounts move moved moves msec msie msie6 much multipath multiple must mutex my
mysql mysqld n named nan nanosleep nearer need needed needs negative neighbours neither neon nested
network networking networks never nevertheless new newer news next nginxaddress ngx nisplus node
nodes nofile nogroup nohostname nor notes nothing notice now nsswitch ntp number numbers numeric o
object occupy ocsp octal of often ok old once ondemand one ones online only opened opens opera
operation operator option or ordinary orig original other otherpasses others otherwise outer outlives
output outside over overcommit overflow overlays overload overridden override overrides
oversubscribed own p package packaged packets pacnew pacsave pages pair pairs parameter parameters
params parents parse parser part parts party passed passes passing passwords patch pattern patterns
pause per percent percentages percentile perdir period permission permissions permitted pgsql phases
phpt pid piece pieces pinned pins pipe pitfalls place placeholder placeholders places plain plan
please po points pong pop ports positive postgresql power prematurely prev prevented prevents primary
prints priority private privatetmp probably process processes processors propertynames propfind
proppatch protected protecthome protection protects protectsystem protocol protocols provide ps
published pull put py pyc q quantifier quantity quarter queries question quiet quota quote quoted r
raise ram ramp ran ranges rather raw rb rc reach reached reaches read reading readonlydirectories
readonlypaths reads readwritedirectories readwritepaths ready real reason reboot recommend
recoverable recursive recursively recv recycling redhat redirection redirects referers refusal
refusals refuse refused refuses regex regular rej reject relative reload rely remove removed removes
rename rendered repair repeat repeats replace replaced replacement replacements replaces report
reported reports requests required resembles reserve reserved resolve resolver resolves response rest
restart restarts resting rests result revalidate review reworded rewriting rhel right rlimit role
room round rounding routes row rows rpmnew rpmorig rpmsave rs rss rssfile rssize rssshmem rst rsz
rtsig rule runlevels running runs s safari said same sameprogram samples saturation save saved say
says scalar scan scanner schedule schemas scope scss search second seconds secret section security
see seems seen sees seldom select self semicolon send sends separate separated separator sequence
serve served serves servname sessions sets setting settings settle settled several severity sha256
shadowed shares ships shop short shorter should show shown shows shut shuts side sign silences silent
since single singlebymemory sized sizes skb skip slash slashes sleep slip slot slots slowly small
smaller smallest snap snippet sockets socktype software somaxconn some somebody something somewhere
source sources space spaceless spaces span spdy speak speaks spec special specified specify spelled
spelling spelt splits sql src sssd standard started starts state statedirectory statements statuses
stay stays steps sticks still stock stopped stops stored stores stray streams strict stu stunnel su
sub subrequests such suffix sum supervisor supervisord support supported suppression suwsgi swallowed
switch switched swo swp symbolic symlink symlinks syntax sysconfig sysctl syslog system t table
tables tag take taken takes target targets tc tcp tcp6 te tell tells temporary ten terminate
terminated terms text texts than that their them then these they third this those though three
threshold through thrown tighter timeout timeouts timestamps timings tiny tls tmpfiles tmpfs together
token tokens told too tool toolong top tos total tracing track trailing trans transfer transparent
tree tried tries triggers trusted trying ts tsx tt ttf twice two type typed types u ubuntu unable
unclear unclosed undeclared under underscores understood unexpected unit units unknown unlisted
unlock unmodified unnamed unreachable unread unreadable unseen unsupported untold unused up update
upgrade uploaded uploads upstreams urls us usage use used useful useless userid users uses using
usual usually utf8 uucp v v3 vain validate valkey values variable varname vars verb verbatim via
vmhwm vmrss vmstat volatile vue w wait waits walk want wanted warn warning warnings was watches way
ways wchan weight weightsource were what whatever wherever whether which whichever whitespace who
whose why widely wildcard will win win32 wins within without woff2 word words work workers working
works world worse worst worstcase worth would writable write writes written wrong x xmlrpc xss y yaml
year yet yml you z z0 za zero zones
`,
  parameters: `
AC ACL ARG ARGS ARRAY ASSERT BKMGT BOOL_FALSE BOOL_TRUE BSD CASE CGI CMD COMM COMMAND CONNECT
CONNECTION CONTENT_LENGTH CONTENT_TYPE COPY COUNT CPU CR CREDITS CRLF CRYPT CURL CURLOPT CVE DATE DB
DBFF DC DCFF DEBUG DEFAULT DELETE DIRECTORY DNS DOCUMENT_ROOT DOCUMENT_URI EACCES EAGAIN EFBIG EISDIR
END_OF_LINE ENOENT ENOTDIR ENT EPERM EXTR E_ALL E_COMPILE_ERROR E_COMPILE_WARNING E_CORE_ERROR
E_CORE_WARNING E_DEPRECATED E_ERROR E_NOTICE E_PARSE E_RECOVERABLE_ERROR E_STRICT E_USER_DEPRECATED
E_USER_ERROR E_USER_NOTICE E_USER_WARNING E_WARNING FEFF FILE FILES FILTER FNM FPM GATEWAY_INTERFACE
GB GET GH GLOB HAP HEAD HOST HTML HTTP HTTPS HTTP_COOKIE HTTP_HOST HTTP_IF_MATCH
HTTP_IF_MODIFIED_SINCE HTTP_IF_NONE_MATCH HTTP_IF_RANGE HTTP_IF_UNMODIFIED_SINCE HTTP_PROXY
HTTP_RANGE HWM IMAGETYPE IMG INF INFO INI INI_ALL INI_PERDIR INI_SYSTEM INI_USER INPUT IP
IP_TRANSPARENT JSON KEY LC LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_MONETARY LC_NUMERIC LC_TIME LDAP
LF LIBXML LOCK LOG MB MKCOL MN MNSTU MOVE MS MT NAME NAN NEWS NOFILE NS NULL NULL_NULL NUMBER OCSP
ONLY OOM OP OPENSSL OPT OPTIONS ORIG_PATH_INFO ORIG_PATH_TRANSLATED ORIG_SCRIPT_FILENAME
ORIG_SCRIPT_NAME PASSWORD PATCH PATH PATHINFO PATH_INFO PATH_TRANSLATED PCRE PEAR PHP PHP_ADMIN_VALUE
PHP_VALUE PID PORT POST PP PR PREG PROPFIND PROPPATCH PSFS PUT QUERY_STRING RAM RD REDIRECT_STATUS
REMOTE_ADDR REMOTE_PORT REQUEST_METHOD REQUEST_SCHEME REQUEST_URI RHEL RSS RSSIZE RSZ SCANDIR SCGI
SCLE SCRIPT_FILENAME SCRIPT_NAME SEEK SEL SERVER SERVER_ADDR SERVER_NAME SERVER_PORT SERVER_PROTOCOL
SERVER_SOFTWARE SID SIGKILL SIGTERM SODIUM SORT SQL SSL STAT STATE STR STREAM STU SUNFUNCS TCP
TC_CONSTANT TC_DOLLAR_CURLY TC_LABEL TC_NUMBER TC_OFFSET TC_QUOTED_STRING TC_RAW TC_SECTION TC_STRING
TC_VARNAME TC_WHITESPACE TLS TRACE UNLOCK UPGRADING UPLOAD URI URL UTF VALUE WCHAN XML XSS ZEND
ZEND_INI_PARSER_ENTRY
`,
} as const;

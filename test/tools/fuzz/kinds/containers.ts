import { type Draw, lintAll, mutateText } from "../case.js";
import { file } from "../tree.js";
import { CONTROLS, HUGE_NUMBERS, PLACEHOLDERS, PROTOTYPE_NAMES } from "../words.js";

const SITE =
  "server {\n  listen 80;\n  root /srv/app;\n  location ~ \\.php$ {\n    include fastcgi_params;\n    fastcgi_pass php:9000;\n  }\n}\n";
const POOL = "[www]\nuser = www-data\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\n";
const SERVICE = [
  "image: nginx:1.27",
  "image: php:8.3-fpm-alpine",
  `image: \${IMAGE:-php}:\${TAG:-8.2.31-fpm}`,
  "build: .",
  "build: {context: php, dockerfile: ../Dockerfile, target: base, args: {VERSION: 8.2}}",
  "extends: {file: compose.override.yml, service: a}",
  "<<: *x",
  "volumes: ['./site.conf:/etc/nginx/conf.d/default.conf', './www.conf:/usr/local/etc/php-fpm.d/www.conf', './:/srv/app']",
  "volumes: [{type: bind, source: ., target: /etc/nginx}, 'run:/run/php', '/x', ':', '', '../..:/']",
  "volumes_from: [a, php]",
  "mem_limit: 64m",
  "deploy: {resources: {limits: {memory: 1G}}}",
  "network_mode: service:a",
  "networks: {n: {aliases: [php, a], ipv4_address: 10.0.0.1}}",
  "command: php-fpm -F -R",
  "environment: [NGINX_ENVSUBST_OUTPUT_DIR=/etc/nginx, A]",
  "links: ['a:php']",
  "container_name: php",
  "configs: [c, {source: c, target: /etc/nginx/nginx.conf}]",
];
const DOCKER = [
  "FROM php:8.2.31-fpm AS base",
  "FROM base",
  `FROM \${X:-nginx}:\${Y}`,
  "ARG VERSION=8.2",
  `ENV A=$VERSION B \${A:-c}`,
  "COPY . /etc/nginx/",
  'COPY ["site.conf", "/etc/nginx/conf.d/default.conf"]',
  "COPY --from=base *.conf /usr/local/etc/php-fpm.d/",
  "COPY <<EOF /etc/nginx/nginx.conf\nevents {}\nEOF",
  "ADD https://example.com/a.tar.gz /",
  "RUN rm -rf /etc/nginx/conf.d/* && sed -i s/a/b/ /usr/local/etc/php-fpm.d/www.conf \\\n  # a comment\n  && ln -s a b",
  "WORKDIR ../x",
  'CMD ["php-fpm", "-R"]',
  "ENTRYPOINT docker-php-entrypoint",
];
const MANIFEST = `kind: ConfigMap
metadata: {name: web}
data:
  default.conf: |
    ${SITE.trimEnd().replaceAll("\n", "\n    ")}
  www.conf: "[www]\\nlisten = 9000\\n"
---
kind: Deployment
spec:
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
        - {name: web, image: nginx, volumeMounts: [{name: c, mountPath: /etc/nginx/conf.d}]}
        - {name: php, image: "php:8-fpm", args: [-R], volumeMounts: [{name: c, mountPath: /usr/local/etc/php-fpm.d/www.conf, subPath: www.conf}], resources: {limits: {memory: 64Mi}}}
      volumes: [{name: c, configMap: {name: web, items: [{key: default.conf, path: a.conf}]}}]
---
kind: Service
metadata: {name: php}
spec: {selector: {app: a}}
`;

/** What describes containers: compose files, Dockerfiles and manifests, with what they bring. */
export const containers: Draw = (random) => {
  const odd = [...CONTROLS, ...PROTOTYPE_NAMES, ...HUGE_NUMBERS, ...PLACEHOLDERS];
  const changed = (text: string): string => (random.chance(0.5) ? text : mutateText(text, random));
  const service = (name: string): string =>
    `  ${name}:\n${Array.from({ length: random.int(1, 6) }, () => `    ${random.pick(SERVICE)}\n`).join("")}`;
  const compose = (): string =>
    changed(
      `x-a: &x\n  image: nginx\nconfigs: {c: {file: ./site.conf}}\nservices:\n${["a", "php", random.pick(odd).replace(/\s/g, " ")].map(service).join("")}`,
    );
  const dockerfile = (): string =>
    changed(Array.from({ length: random.int(1, 9) }, () => `${random.pick(DOCKER)}\n`).join(""));
  const tree = new Map([
    ["site.conf", file(changed(SITE))],
    ["www.conf", file(changed(POOL))],
    ["nginx/templates/a.conf.template", file(SITE)],
    [random.pick(["compose.yml", "docker-compose.yaml", "docker-compose.prod.yml"]), file(compose())],
    ["compose.override.yml", file(compose())],
    [random.pick(["Dockerfile", "php/Dockerfile", "php.dockerfile"]), file(dockerfile())],
    [random.pick(["k8s/all.yaml", "deploy.yml"]), file(changed(MANIFEST))],
    [".env", file(`TAG=${random.pick(odd)}\nIMAGE=\${IMAGE}\n`)],
  ]);
  return lintAll(tree, random);
};

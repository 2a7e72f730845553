import type { CertificateFacts, MachineFacts } from "../../live/facts.js";
import { perKey } from "../../source/memo.js";
import { type CertifiedServer, certifiedServers } from "../certified.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";

export const certificateNames: Check = {
  id: "requests/certificate-names",
  title: "the certificates are for the names of their servers",
  looksAt: "the names in the certificates of each server against its `server_name`",
  fires:
    "none of a server's names is in any of its certificates, or it has `www.` and the name without, and only one of them is: clients refuse the connection",
  silent:
    "the certificate is signed by itself, which only a proxy in front takes; `set_real_ip_from` tells of such a proxy, as `proxy_protocol` or an address that only the same machine reaches do; the server has only names of a private network, addresses or `_`, or a regular expression that may be meant; a further name is in no certificate; `ssl_certificate` has a variable",
  cannotTell: "a certificate was not read",
  judge: (look) => certifiedServers(look.host).flatMap((server) => answerFor(look, server) ?? []),
};

const byPath = perKey(
  ({ certificates }: MachineFacts) => new Map(certificates.map((one) => [one.path, one] as const)),
);

function answerFor({ facts }: Look, { paths, names, whole, place }: CertifiedServer): Answer | null {
  const [first] = names;
  if (first === undefined) return null;
  const read = paths.map((path) => byPath(facts).get(path));
  const known = read.flatMap((one) => (one?.selfSigned == null ? [] : [one]));
  if (known.length < paths.length) return unknown(`not all certificates of ${first} were read`);
  if (known.some(({ selfSigned }) => selfSigned === true)) return null;
  const lacking = names.filter((name) => !known.some((one) => covers(one, name)));
  if (lacking.length === 0) return fine(`the certificate is for ${first}`);
  const meant =
    lacking.length === names.length
      ? whole
        ? first
        : null
      : lacking.find((name) => names.some((other) => isTwin(name, other) && !lacking.includes(other)));
  if (meant == null) return fine(`the certificate is for a name of the server for ${first}`);
  return wrong("warning", `the certificate of the server for ${meant} does not have that name`, {
    evidence: [...known.map(namesSaid), "browsers and curl refuse the connection"],
    place,
    fix: `openssl x509 -noout -ext subjectAltName -in ${known[0]?.path ?? ""}`,
  });
}

/** Whether names differ in nothing but `www.`. */
function isTwin(name: string, other: string): boolean {
  return other === `www.${name}` || name === `www.${other}`;
}

/** Of a server for all names below one it is enough that the certificate is for one of them. */
function covers({ names }: CertificateFacts, wanted: string): boolean {
  if (wanted.startsWith("*.")) return names.some((name) => name.endsWith(wanted.slice(1)));
  return names.includes(wanted) || names.includes(`*${wanted.slice(wanted.indexOf("."))}`);
}

/** So many names are shown. */
const MOST = 4;

function namesSaid({ path, names }: CertificateFacts): string {
  const more = names.length > MOST ? ` and ${names.length - MOST} more` : "";
  return names.length === 0
    ? `${path} names no host`
    : `${path} is for ${names.slice(0, MOST).join(", ")}${more}`;
}

import type { CertificateFacts } from "../../live/facts.js";
import { certificatePaths } from "../../live/places.js";
import type { Place } from "../../source/file.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { duration, moment } from "../seen.js";

/** Seconds before the end from which on somebody has to act: what renews them by itself does it long before. */
const SOON = 14 * 86_400;

export const certificates: Check = {
  id: "requests/certificates",
  title: "the certificates are valid for two weeks and more",
  looksAt: "the first certificate of each `ssl_certificate`",
  fires: "it is over, not yet valid, ends within 14 days, or its file is missing",
  silent: "the path has a variable",
  cannotTell: "the file may not be read",
  judge({ host, facts }) {
    const places = new Map(certificatePaths(host).map(({ path, place }) => [path, place]));
    return facts.certificates.map((one) => answerFor(one, facts.now, places.get(one.path) ?? null));
  },
};

function answerFor({ path, problem, from, to }: CertificateFacts, now: number, place: Place | null): Answer {
  const fix = `openssl x509 -noout -dates -in ${path}`;
  if (problem === "no such file") return wrong("error", `the certificate ${path} is missing`, { place, fix });
  if (problem !== null || from === null || to === null)
    return unknown(`${path}: ${problem ?? "its dates are not known"}`);
  const evidence = [`it is valid from ${moment(from)} to ${moment(to)}`];
  if (to < now) return wrong("error", `the certificate ${path} is over`, { evidence, place, fix });
  if (from > now) return wrong("error", `the certificate ${path} is not valid yet`, { evidence, place, fix });
  if (to - now < SOON)
    return wrong("warning", `the certificate ${path} ends in ${duration(to - now)}`, {
      evidence,
      place,
      fix,
    });
  return fine(`${path} is valid for ${duration(to - now)}`);
}

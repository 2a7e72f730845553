import { isOfImage } from "../host/image-file.js";
import { allMasters, allPools, type Host } from "../model/host.js";
import type { SourceFile } from "../source/file.js";
import { type Compared, comparedIn } from "./compared.js";
import type { Incomplete } from "./finding.js";
import { incompleteOf } from "./incomplete.js";

/** What a comment that silences findings has behind its mark. */
export const SUPPRESSION = "fpmlint-disable-";

/** What is said of a host beside its findings. */
export interface Outline extends Compared {
  /** Whether there is anything of nginx or PHP-FPM. */
  readonly isHost: boolean;
  /** The files that were read, as reports print them, without those of images. */
  readonly files: readonly string[];
  /** The same text for the same pool, also where several hosts have it. */
  readonly pools: readonly string[];
  /** Sites that are there and not enabled. */
  readonly notEnabled: number;
  readonly incomplete: readonly Incomplete[];
  /** The files in which comments may silence findings, nginx's first. */
  readonly nginxTexts: readonly SourceFile[];
  readonly fpmTexts: readonly SourceFile[];
}

export function outlineOf(host: Host): Outline {
  const nginxTexts = host.nginx?.texts.map(({ file }) => file) ?? [];
  const fpmTexts = allMasters(host).flatMap((master) => [...master.files, ...master.ini.files]);
  return {
    // What could only be seen from outside is in incomplete.
    isHost: host.nginx !== null || allMasters(host).length > 0,
    files: [...nginxTexts, ...fpmTexts].filter((file) => !isOfImage(file)).map(({ display }) => display),
    pools: allPools(host).map(({ section: { span }, name }) => poolKey(span.file, span.start, name)),
    notEnabled: host.notEnabled,
    incomplete: incompleteOf(host),
    nginxTexts,
    fpmTexts,
    ...comparedIn(host),
  };
}

/** `start`: where the section begins. */
export function poolKey(file: SourceFile, start: number, name: string): string {
  return `${file.display}\0${start}\0${name}`;
}

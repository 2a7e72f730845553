import manifest from "../package.json" with { type: "json" };

/** fpmlint's own version. */
export const version: string = manifest.version;

import * as yaml from "yaml";

/**
 * The package. The build replaces this file: there the package is loaded when it is asked for the first
 * time, because most runs meet no YAML.
 */
export const yamlPackage = (): typeof yaml => yaml;

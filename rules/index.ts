import type { Rule } from "../src/engine/rule.js";
import { bodyLimitMismatch } from "./buffer/body-limit-mismatch.js";
import { busySizeInvalid } from "./buffer/busy-size-invalid.js";
import { headerTooSmall } from "./buffer/header-too-small.js";
import { allowedClients } from "./connect/allowed-clients.js";
import { listenMismatch } from "./connect/listen-mismatch.js";
import { sharedAddress } from "./connect/shared-address.js";
import { extensionDenied } from "./fastcgi/extension-denied.js";
import { paramsShadowed } from "./fastcgi/params-shadowed.js";
import { scriptFilename } from "./fastcgi/script-filename.js";
import { spareServers } from "./fpm/spare-servers.js";
import { fpmSyntax } from "./fpm/syntax.js";
import { nginxSyntax } from "./nginx/syntax.js";
import { permissionDenied } from "./socket/permission-denied.js";
import { worldWritable } from "./socket/world-writable.js";
import { readBelowTerminate } from "./timeout/read-below-terminate.js";
import { terminateBelowRead } from "./timeout/terminate-below-read.js";

export const rules: readonly Rule[] = [
  bodyLimitMismatch,
  busySizeInvalid,
  headerTooSmall,
  allowedClients,
  listenMismatch,
  sharedAddress,
  extensionDenied,
  paramsShadowed,
  scriptFilename,
  spareServers,
  fpmSyntax,
  nginxSyntax,
  permissionDenied,
  worldWritable,
  readBelowTerminate,
  terminateBelowRead,
];

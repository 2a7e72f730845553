import type { Rule } from "../src/engine/rule.js";
import { bodyLimitMismatch } from "./buffer/body-limit-mismatch.js";
import { bufferingOff } from "./buffer/buffering-off.js";
import { busySizeInvalid } from "./buffer/busy-size-invalid.js";
import { headerTooSmall } from "./buffer/header-too-small.js";
import { proxyChain } from "./buffer/proxy-chain.js";
import { responseOnDisk } from "./buffer/response-on-disk.js";
import { allDown } from "./connect/all-down.js";
import { allowedClients } from "./connect/allowed-clients.js";
import { bindUnix } from "./connect/bind-unix.js";
import { emptyVariable } from "./connect/empty-variable.js";
import { listenMismatch } from "./connect/listen-mismatch.js";
import { missingPort } from "./connect/missing-port.js";
import { noResolver } from "./connect/no-resolver.js";
import { otherContainer } from "./connect/other-container.js";
import { sharedAddress } from "./connect/shared-address.js";
import { twoFamilies } from "./connect/two-families.js";
import { unusedPool } from "./connect/unused-pool.js";
import { wrongProtocol } from "./connect/wrong-protocol.js";
import { aliasScript } from "./fastcgi/alias-script.js";
import { cacheCondition } from "./fastcgi/cache-condition.js";
import { cacheKey } from "./fastcgi/cache-key.js";
import { chrootPath } from "./fastcgi/chroot-path.js";
import { containerPath } from "./fastcgi/container-path.js";
import { docRoot } from "./fastcgi/doc-root.js";
import { extensionDenied } from "./fastcgi/extension-denied.js";
import { http3Host } from "./fastcgi/http3-host.js";
import { httpsOff } from "./fastcgi/https-off.js";
import { interceptedErrors } from "./fastcgi/intercepted-errors.js";
import { lostBodyParams } from "./fastcgi/lost-body-params.js";
import { missingNamedLocation } from "./fastcgi/missing-named-location.js";
import { overriddenParams } from "./fastcgi/overridden-params.js";
import { paramsShadowed } from "./fastcgi/params-shadowed.js";
import { pathInfoExecution } from "./fastcgi/path-info-execution.js";
import { phpValueLeak } from "./fastcgi/php-value-leak.js";
import { protectionBypassed } from "./fastcgi/protection-bypassed/rule.js";
import { scriptFilename } from "./fastcgi/script-filename/rule.js";
import { sourceExposed } from "./fastcgi/source-exposed/rule.js";
import { statusExposed } from "./fastcgi/status-exposed.js";
import { switchedRoot } from "./fastcgi/switched-root.js";
import { tryFilesPathInfo } from "./fastcgi/try-files-path-info.js";
import { unusedSetting } from "./fastcgi/unused-setting.js";
import { fpmInvalidValue } from "./fpm/invalid-value/rule.js";
import { fpmLeftOutFile } from "./fpm/left-out-file.js";
import { lostSection } from "./fpm/lost-section.js";
import { missingDirectory } from "./fpm/missing-directory.js";
import { fpmMissingInclude } from "./fpm/missing-include.js";
import { noListen } from "./fpm/no-listen.js";
import { overriddenSetting } from "./fpm/overridden-setting.js";
import { protectedPath } from "./fpm/protected-path/rule.js";
import { rootUser } from "./fpm/root-user/rule.js";
import { spareServers } from "./fpm/spare-servers.js";
import { fpmSyntax } from "./fpm/syntax.js";
import { unknownSetting } from "./fpm/unknown-setting.js";
import { uselessSuppression } from "./fpmlint/useless-suppression.js";
import { duplicateDirective } from "./nginx/duplicate-directive.js";
import { invalidAddress } from "./nginx/invalid-address.js";
import { invalidValue } from "./nginx/invalid-value/rule.js";
import { leftOutFile } from "./nginx/left-out-file.js";
import { missingInclude } from "./nginx/missing-include.js";
import { nginxSyntax } from "./nginx/syntax.js";
import { unknownDirective } from "./nginx/unknown-directive.js";
import { wrongContext } from "./nginx/wrong-context.js";
import { invalidLimit } from "./php/invalid-limit.js";
import { uploadLimits } from "./php/upload-limits.js";
import { backlog } from "./pool/backlog.js";
import { fileLimit } from "./pool/file-limit.js";
import { ignoredSetting } from "./pool/ignored-setting.js";
import { keepalivePinsWorkers } from "./pool/keepalive-pins-workers.js";
import { memoryLimitOvercommit } from "./pool/memory-limit-overcommit.js";
import { memoryOversubscribed } from "./pool/memory-oversubscribed.js";
import { noRecycling } from "./pool/no-recycling.js";
import { opcacheAcrossChroots } from "./pool/opcache-across-chroots.js";
import { processMax } from "./pool/process-max.js";
import { silentWorkers } from "./pool/silent-workers.js";
import { slowRamp } from "./pool/slow-ramp.js";
import { directoryScript } from "./request/directory-script.js";
import { fallbackNotLast } from "./request/fallback-not-last.js";
import { fallbackWithoutSlash } from "./request/fallback-without-slash.js";
import { indexMissing } from "./request/index-missing.js";
import { lostQuery } from "./request/lost-query.js";
import { openBasedir } from "./request/open-basedir.js";
import { pageUnreachable } from "./request/page-unreachable.js";
import { pathInfoLost } from "./request/path-info-lost.js";
import { redirectCycle } from "./request/redirect-cycle.js";
import { lostAtBoot } from "./socket/lost-at-boot.js";
import { pathTooLong } from "./socket/path-too-long/rule.js";
import { permissionDenied } from "./socket/permission-denied.js";
import { privateDirectory } from "./socket/private-directory.js";
import { publicPort } from "./socket/public-port.js";
import { worldWritable } from "./socket/world-writable.js";
import { executionLimitUnreachable } from "./timeout/execution-limit-unreachable.js";
import { readBelowTerminate } from "./timeout/read-below-terminate.js";
import { readZero } from "./timeout/read-zero.js";
import { reloadDropsRequests } from "./timeout/reload-drops-requests.js";
import { slowlogNeverWritten } from "./timeout/slowlog-never-written.js";
import { terminateBelowRead } from "./timeout/terminate-below-read.js";

export const rules: readonly Rule[] = [
  bodyLimitMismatch,
  bufferingOff,
  busySizeInvalid,
  headerTooSmall,
  proxyChain,
  responseOnDisk,
  allDown,
  allowedClients,
  bindUnix,
  emptyVariable,
  listenMismatch,
  missingPort,
  noResolver,
  otherContainer,
  sharedAddress,
  twoFamilies,
  unusedPool,
  wrongProtocol,
  aliasScript,
  cacheCondition,
  cacheKey,
  chrootPath,
  containerPath,
  docRoot,
  extensionDenied,
  http3Host,
  httpsOff,
  interceptedErrors,
  lostBodyParams,
  missingNamedLocation,
  overriddenParams,
  paramsShadowed,
  pathInfoExecution,
  phpValueLeak,
  protectionBypassed,
  scriptFilename,
  sourceExposed,
  statusExposed,
  switchedRoot,
  tryFilesPathInfo,
  unusedSetting,
  fpmInvalidValue,
  fpmLeftOutFile,
  lostSection,
  missingDirectory,
  fpmMissingInclude,
  noListen,
  overriddenSetting,
  protectedPath,
  rootUser,
  spareServers,
  fpmSyntax,
  unknownSetting,
  uselessSuppression,
  duplicateDirective,
  invalidAddress,
  invalidValue,
  leftOutFile,
  missingInclude,
  nginxSyntax,
  unknownDirective,
  wrongContext,
  invalidLimit,
  uploadLimits,
  backlog,
  fileLimit,
  ignoredSetting,
  keepalivePinsWorkers,
  memoryLimitOvercommit,
  memoryOversubscribed,
  noRecycling,
  opcacheAcrossChroots,
  processMax,
  silentWorkers,
  slowRamp,
  directoryScript,
  fallbackNotLast,
  fallbackWithoutSlash,
  indexMissing,
  lostQuery,
  openBasedir,
  pageUnreachable,
  pathInfoLost,
  redirectCycle,
  lostAtBoot,
  pathTooLong,
  permissionDenied,
  privateDirectory,
  publicPort,
  worldWritable,
  executionLimitUnreachable,
  readBelowTerminate,
  readZero,
  reloadDropsRequests,
  slowlogNeverWritten,
  terminateBelowRead,
];

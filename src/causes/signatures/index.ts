import { type Signature, SignatureTable } from "../signature.js";
import { accessSignatures } from "./access.js";
import { answerSignatures } from "./nginx-answer.js";
import { clientSignatures } from "./nginx-client.js";
import { connectSignatures } from "./nginx-connect.js";
import { moduleSignatures } from "./nginx-modules.js";
import { ownSignatures } from "./nginx-own.js";
import { startFailed, startSignatures } from "./nginx-start.js";
import { phpSignatures } from "./php.js";
import { fpmSignatures } from "./php-fpm.js";
import { fpmStartSignatures } from "./php-fpm-start.js";
import { serviceSignatures } from "./services.js";
import { systemSignatures } from "./system.js";

/** Every line that is known, each once, what is special before what is general. */
export const signatures: readonly Signature[] = [
  ...startSignatures,
  ...connectSignatures,
  ...answerSignatures,
  ...clientSignatures,
  ...moduleSignatures,
  ...ownSignatures,
  startFailed,
  ...phpSignatures,
  ...fpmSignatures,
  ...fpmStartSignatures,
  ...systemSignatures,
  ...serviceSignatures,
  ...accessSignatures,
];

export const signatureTable = new SignatureTable(signatures);

/** Secrets that stay readable in the image or in the Dockerfile. Values are never shown. */
import { type Image, stageOf } from '../image.ts';
import type { Found } from '../model.ts';
import type { PlacedStep } from '../resolve.ts';
import { assignments } from '../words.ts';

const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRETS?|TOKENS?|APIKEY|CREDENTIALS?|(?:API|ACCESS|SECRET|PRIVATE|SIGNING|ENCRYPTION|AUTH|SSH|DEPLOY|LICENSE)_?KEY|SECRET_KEY_BASE)(?:_(?:PROD|PRODUCTION|DEV|TEST|STAGING|BASE64|B64|VALUE|\d+))?$/;
const HARMLESS_NAME = /(?:^|_)(?:MAX|MIN|NUM|PUBLIC|TEST|FAKE|DUMMY)_/;

/** Shapes that credentials have wherever they stand. */
const SECRET_VALUE =
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bsk_live_[A-Za-z0-9]{16,}|\bglpat-[\w-]{20}|\bnpm_[A-Za-z0-9]{36}\b|\bdckr_pat_[\w-]{20,}|\bAIza[\w-]{35}|hooks\.slack\.com\/services\/T\w+\/B\w+\/\w{16,}|-----BEGIN [A-Z ]*PRIVATE KEY|:\/\/[^/\s:@$]+:[^/\s:@$]{3,}@/;

const isHarmlessValue = (value: string): boolean =>
  value === '' || /^(?:true|false|yes|no|on|off|none|null|\d{1,5})$/i.test(value);

const named = (name: string): boolean => {
  const upper = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
  return SECRET_NAME.test(upper) && !HARMLESS_NAME.test(upper);
};

type Pair = { readonly name: string; readonly value: string | undefined };

/** A value is written out when it is more than a reference to another variable. */
const isWrittenOut = ({ value = '' }: Pair): boolean =>
  !isHarmlessValue(value) && !value.includes('$');

const isSecret = (step: PlacedStep, pair: Pair, shipped: boolean): boolean => {
  if (SECRET_VALUE.test(pair.value ?? '')) return true;
  if (!named(pair.name)) return false;
  // Only what is written out leaks from a stage that is not shipped.
  if (!shipped) return isWrittenOut(pair);
  if (step.keyword === 'ARG') return pair.value === undefined || !isHarmlessValue(pair.value);
  return !isHarmlessValue(pair.value ?? '');
};

const foundIn = (image: Image, step: PlacedStep, shipped: boolean): Found[] =>
  assignments(step.args)
    .map(([name, value]) => ({ name, value }))
    .filter((pair) => isSecret(step, pair, shipped))
    .map(({ name, value }) => ({
      line: step.line,
      stage: stageOf(step),
      what: shipped
        ? `${step.keyword} ${name} can be read from the history of the image "${image.name}"`
        : `${step.keyword} ${name} holds a secret in the Dockerfile itself`,
      remedy:
        step.keyword === 'ENV' && value !== undefined
          ? 'give it to the container when it starts, from a secret store'
          : `use RUN --mount=type=secret,id=${name.toLowerCase()} where it is needed`,
    }));

export const secrets = (image: Image): Found[] => {
  const shipped = new Set(image.chain);
  return image.needed.flatMap((stage) =>
    stage.steps
      .filter(({ keyword }) => keyword === 'ARG' || keyword === 'ENV')
      .flatMap((step) => foundIn(image, step, shipped.has(stage))),
  );
};

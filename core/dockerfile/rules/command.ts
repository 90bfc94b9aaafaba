/** How the image starts, stops and says that it is well. */
import { type Image, repositoryOf, stageOf } from '../image.ts';
import { jsonWords } from '../instructions.ts';
import { type Found, stageName } from '../model.ts';
import type { PlacedStep } from '../resolve.ts';

type Start = { readonly entrypoint?: PlacedStep; readonly command?: PlacedStep };

/** What is in force at the end: an ENTRYPOINT takes back the CMD of the stages before its own. */
const startOf = (image: Image): Start =>
  image.chain.reduce<Start>((start, { steps }) => {
    const entrypoint = steps.findLast(({ keyword }) => keyword === 'ENTRYPOINT');
    const own = steps.findLast(({ keyword }) => keyword === 'CMD');
    const command = own ?? (entrypoint ? undefined : start.command);
    const first = entrypoint ?? start.entrypoint;
    return { ...(first ? { entrypoint: first } : {}), ...(command ? { command } : {}) };
  }, {});

const isEmptied = (step: PlacedStep): boolean =>
  jsonWords(step.args)?.length === 0 || step.args.trim() === '';

/** Whether a shell stays between the signal and the program. */
const hasShell = (step: PlacedStep): boolean => {
  if (isEmptied(step)) return false;
  const list = jsonWords(step.args);
  const isShell =
    /(?:^|\/)(?:ba|da|a)?sh$/.test(list?.[0] ?? '') && /^-\w*c$/.test(list?.[1] ?? '');
  if (list && !isShell) return false;
  const script = list ? (list[2] ?? '') : step.args;
  return !/(?:^|[;&|\n]\s*|\s)exec\s/.test(script);
};

export const shellForm = (image: Image): Found[] => {
  const { entrypoint, command } = startOf(image);
  const entrypointIsProgram = entrypoint && !isEmptied(entrypoint);
  const steps = [entrypoint, command].filter((step) => step !== undefined);
  return steps.filter(hasShell).map((step) => {
    const asArguments = step === command && entrypointIsProgram;
    return {
      line: step.line,
      stage: stageOf(step),
      what: asArguments
        ? `CMD in shell form hands "/bin/sh -c …" to the entry point as its arguments`
        : `${step.keyword} starts a shell, which keeps the stop signal from the program: it is killed only after the grace period, which slows a failover`,
      remedy: `write a JSON list: ${step.keyword} ["program", "argument"], or exec the program in the shell`,
    };
  });
};

/** Bases that are known to bring no health check; what others bring is not in the Dockerfile. */
const bringsNone = ({ base }: Image): boolean => {
  if (base.kind !== 'image') return base.kind === 'scratch';
  const { repository } = repositoryOf(base.name);
  return (
    !repository.includes('/') ||
    /^(?:gcr\.io\/distroless|mcr\.microsoft\.com\/dotnet|cgr\.dev\/chainguard)\//.test(repository)
  );
};

export const noHealthCheck = (image: Image): Found[] => {
  if (image.steps.some(({ keyword }) => keyword === 'HEALTHCHECK') || !bringsNone(image)) return [];
  return [
    {
      line: image.last.stage.line,
      stage: stageName(image.last.stage),
      what: `"${image.name}" has no HEALTHCHECK: a container that hangs looks alive`,
      remedy:
        'add HEALTHCHECK CMD ["…"] that asks the health path, or HEALTHCHECK NONE if probes from outside suffice',
    },
  ];
};

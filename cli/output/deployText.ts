/** A deployment as lines for a person. */
import type { DeployOutput } from '../../events/deployOutput.ts';
import type { Style } from './style.ts';
import { tableLines, wrap } from './table.ts';

/** `AWS::Lambda::Function` as `Lambda Function`: shorter, and still what AWS calls it. */
const shortType = (type: string): string => type.replace(/^AWS::/, '').replaceAll('::', ' ');

const resourcesText = (stack: DeployOutput['stacks'][number]): string =>
  stack.resources.map(({ type, count }) => `${count} ${shortType(type)}`).join(', ');

const stateText = ({ status, outcome }: DeployOutput['stacks'][number]): string =>
  outcome === 'planned' ? (status ?? 'new') : outcome;

/** Stacks of one role hold the same: told once, with their regions. */
const stackLines = (stacks: DeployOutput['stacks'], style: Style): string[] => {
  const roles = [...new Set(stacks.map(({ role }) => role))];
  return roles.flatMap((role) => {
    const own = stacks.filter((stack) => stack.role === role);
    const [first] = own;
    if (first === undefined) return [];
    const regions = own.map((stack) => `${stack.region} (${stateText(stack)})`).join(', ');
    const what = wrap(`    ${resourcesText(first)}`, style.width, '    ');
    const adopts = own.flatMap(({ region, adopts: kept }) =>
      kept.map((one) => `    adopts the ${one} in ${region}, which a former deployment kept`),
    );
    return [...wrap(`  ${first.name}   ${regions}`, style.width, '      '), ...what, ...adopts];
  });
};

const removeLines = (removes: DeployOutput['removes'], style: Style): string[] => {
  if (removes.length === 0) return [];
  const isDone = removes.some(({ outcome }) => outcome !== 'planned');
  const what = 'what an earlier deployment made, and the configuration has no more';
  return [
    '',
    ...wrap(`${isDone ? 'Removed' : 'Will be removed'}: ${what}`, style.width, '       '),
    ...stackLines(removes, style),
  ];
};

const dollars = (usd: number): string => `$${usd.toFixed(2)}`;

const costLine = (cost: NonNullable<DeployOutput['cost']>): string => {
  const drill = cost.drillUsd === null ? [] : [`a drill ${dollars(cost.drillUsd)}`];
  const images =
    cost.imagesMonthUsd === null ? [] : [`images ${dollars(cost.imagesMonthUsd)} a month at most`];
  const watch =
    cost.watchMonthUsd === null ? [] : [`watching ${dollars(cost.watchMonthUsd)} a month`];
  const running =
    cost.runningMonthUsd === null
      ? ''
      : `; the service itself ${dollars(cost.runningMonthUsd)} a month besides`;
  return `Costs  about ${dollars(cost.monthUsd)} a month: ${[...drill, ...images, ...watch].join(', ')}${running} (failover cost tells by part)`;
};

const findingLines = (findings: DeployOutput['findings'], style: Style): string[] => {
  if (findings.length === 0) return [];
  const rows = findings.flatMap(({ check, severity, what, remedy }) => [
    ...wrap(`  ${severity === 'stop' ? style.bad(check) : check}: ${what}`, style.width, '    '),
    ...wrap(`    → ${remedy}`, style.width, '      '),
  ]);
  const stops = findings.some(({ severity }) => severity === 'stop');
  return ['', stops ? 'First' : 'To know', ...rows];
};

const endLine = (told: DeployOutput, style: Style): string[] => {
  const { action, account, outcome, stacks, service } = told;
  switch (outcome) {
    case 'begun':
      return [''];
    case 'planned':
      return [
        '',
        account === null
          ? 'Nothing was changed: this was a dry run. The account was not looked at.'
          : 'Nothing was changed: this was a dry run.',
      ];
    case 'blocked':
      return ['', style.bad('Nothing was changed.')];
    case 'declined':
      return ['', 'Nothing was changed.'];
    case 'done':
      return [
        '',
        style.good(
          action === 'deploy'
            ? `${service} is deployed: ${stacks.length} stacks, each looked at after it was made.`
            : `${service} is removed.`,
        ),
      ];
  }
};

/** What will be, or was, made or removed. */
export const deployLines = (told: DeployOutput, style: Style): string[] => {
  const { service, stage, account, action, stacks, removes, dns, cost, findings, kept } = told;
  const regions = new Set(stacks.map(({ region }) => region)).size;
  const where = account === null ? 'no account yet' : `account ${account}`;
  const verb = action === 'deploy' ? 'deploy' : 'remove';
  return [
    `${service} · stage ${stage} · ${where} · ${verb} ${stacks.length} stacks in ${regions} regions`,
    ...stackLines(stacks, style),
    ...removeLines(removes, style),
    ...(dns === null
      ? []
      : [
          '',
          ...wrap(
            `DNS    ${dns.record} in zone ${dns.zone}, driver ${dns.driver}: ${dns.change}`,
            style.width,
            '       ',
          ),
        ]),
    ...(cost === null ? [] : ['', ...wrap(costLine(cost), style.width, '       ')]),
    ...findingLines(findings, style),
    ...(kept.length === 0
      ? []
      : [
          '',
          ...tableLines(
            [{ title: 'Stays in the account' }],
            kept.map((one) => [one]),
          ),
        ]),
    ...endLine(told, style),
  ];
};

// Goal: each fact of a watch is one message with what matters then and the command that comes next, within Slack's limits.
import { describe, expect, it } from 'vitest';
import { SINGLE_VANTAGE_WORDS } from '../../../core/health/verdict.ts';
import { failoverMessage, type News } from '../../../core/report/failoverNews.ts';
import {
  causeText,
  dataText,
  gateValueText,
  lossText,
  rtoParts,
  rtoText,
  serviceText,
} from '../../../core/report/failoverWords.ts';
import { readPayload } from '../../../local/slack/payload.ts';
import { HOME, STANDBY, START_MS } from '../../support/failovers.ts';

const timings = {
  ...{ detectMs: 34_000, decideMs: 1_000, fenceMs: 0, scaleMs: 0, flipMs: 1_000 },
  ...{ authoritativeMs: 2_000, effectiveMs: 10_000, rtoMs: 48_000 },
};

const news = (over: Partial<News>): News => ({
  service: 'shop',
  notice: 'suspect',
  atMs: START_MS,
  why: '0 UP, 0 DEGRADED, 4 DOWN of 5; 3 needed',
  active: HOME,
  other: STANDBY,
  home: HOME,
  epoch: 3,
  approval: null,
  execution: null,
  timings: null,
  lossMs: null,
  singleVantage: false,
  lastExecution: null,
  reportUrl: null,
  buttons: [],
  ...over,
});

const execution = { name: 'shop-3-1', cause: 'down', from: HOME, to: STANDBY };
const flat = (over: Partial<News>): string => JSON.stringify(failoverMessage(news(over)));

describe('what Slack hears', () => {
  it.each<[News['notice'], Partial<News>, string, string]>([
    ['suspect', {}, `shop: ${HOME} is in doubt`, 'failover status'],
    ['cleared', {}, `shop: ${HOME} is well again`, 'nothing'],
    ['decided', { execution }, `shop: moving to ${STANDBY}`, 'failover status'],
    ['flipped', { active: STANDBY, execution }, `DNS answers with ${STANDBY}`, 'failover status'],
    [
      'verified',
      { active: STANDBY, execution },
      'verified from outside',
      'failover report shop-3-1',
    ],
    ['failed', { execution }, 'a person is needed', 'failover report shop-3-1'],
    ['held', {}, `stays in ${HOME}`, 'failover flip'],
    ['held', { active: STANDBY, other: HOME }, `stays in ${STANDBY}`, 'failover back'],
    ['failback-ready', { active: STANDBY, other: HOME }, `${HOME} is ready`, 'failover back'],
    ['page', {}, 'a person is needed now', 'failover status'],
  ])('of %s', (notice, over, headline, next) => {
    const message = failoverMessage(news({ notice, ...over }));
    expect(message.text).toContain(headline);
    expect(JSON.stringify(message.blocks)).toContain(next);
    expect(readPayload(JSON.stringify(message))).toHaveProperty('payload');
  });

  it('of an approval: which decision, at which epoch, for how long, and the buttons', () => {
    const approval = { decisionId: 'd1', epoch: 3, expiresAtMs: START_MS + 900_000 };
    const value = JSON.stringify({ service: 'shop', decisionId: 'd1', epoch: 3 });
    const buttons = [
      { text: 'Approve', actionId: 'failover-approve', value, style: 'primary' as const },
    ];
    const message = failoverMessage(news({ notice: 'approval', approval, buttons }));
    const text = JSON.stringify(message);
    expect(text).toContain(`move to ${STANDBY}?`);
    expect(text).toContain('d1, epoch 3');
    expect(text).toContain('15 min 0 s');
    expect(text).toContain('failover approve d1');
    expect(message.blocks.at(-1)).toMatchObject({ type: 'actions' });
    expect(readPayload(JSON.stringify(message))).toHaveProperty('payload');
  });

  it('splits the time of a verified move, and says what data is at stake', () => {
    const text = flat({ notice: 'verified', execution, timings, lossMs: 1_200 });
    expect(text).toContain(
      'RTO 48.0 s (detect 34.0 s, decide 1.0 s, flip 1.0 s, name servers 2.0 s',
    );
    expect(text).toContain('at most 1.2 s of writes');
  });

  it('says where there is but one vantage, once', () => {
    expect(flat({ singleVantage: true })).toContain(SINGLE_VANTAGE_WORDS);
    const why = `1 DOWN of 1; ${SINGLE_VANTAGE_WORDS}`;
    const section = failoverMessage(news({ singleVantage: true, why })).blocks[1];
    expect(JSON.stringify(section).split(SINGLE_VANTAGE_WORDS)).toHaveLength(2);
  });

  it('cannot be marked up by what it tells, nor grow beyond the limits', () => {
    const why = '<!channel> & '.repeat(1_000);
    const message = failoverMessage(news({ notice: 'failed', why, execution }));
    expect(JSON.stringify(message)).not.toContain('<!channel>');
    expect(readPayload(JSON.stringify(message))).toHaveProperty('payload');
  });

  it('links the report where it is to be found', () => {
    const reportUrl = 'https://reports.example.test/{id}.html';
    const link = '<https://reports.example.test/shop-3-1.html|Report of shop-3-1>';
    for (const notice of ['decided', 'flipped', 'verified', 'failed', 'page'] as const) {
      expect(flat({ notice, execution, reportUrl })).toContain(link);
      expect(flat({ notice, execution })).not.toContain('reports.example.test');
    }
    // Nothing has moved yet; on the way home it is the report of how traffic got away.
    expect(flat({ notice: 'suspect', reportUrl })).not.toContain('reports.example.test');
    expect(flat({ notice: 'failback-ready', reportUrl, lastExecution: 'shop-3-1' })).toContain(
      link,
    );
    const hostile = 'https://r.test/?a=>|<!channel>';
    expect(flat({ notice: 'failed', execution, reportUrl: hostile })).not.toContain('<!channel');
  });
});

describe('the words of a failover', () => {
  it('split its time into the parts that took any', () => {
    expect(rtoParts(timings).map(({ name }) => name)).toEqual([
      ...['detect', 'decide', 'flip', 'name servers', 'resolvers'],
    ]);
    expect(rtoText(null)).toBe('RTO not measured: traffic did not move');
    expect(rtoText({ ...timings, effectiveMs: null, rtoMs: null })).toMatch(/^RTO not reached \(/);
  });

  it('name causes, ages, limits and rehearsals', () => {
    expect(causeText('down', HOME)).toBe(`${HOME} was down`);
    expect(causeText('operator', HOME)).toBe('a person ordered it');
    expect(causeText('rehearsal', HOME)).toBe('a rehearsal ordered it');
    expect(lossText(null)).toBe('not known');
    const why = 'the configuration names no replicated data';
    expect(dataText(null, { plan: { gates: [{ gate: 'G3', why }] } })).toBe(why);
    expect(dataText(null, null)).toBe('not known');
    expect(gateValueText('G3', 60_000)).toBe('1 min 0 s');
    expect(gateValueText('G8', 0)).toBe('0 ms');
    expect(gateValueText('G10', 2)).toBe('2');
    expect(gateValueText('G4', null)).toBe('–');
    expect(serviceText('shop--shadow')).toBe('shop (rehearsal)');
  });
});

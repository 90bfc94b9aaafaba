/**
 * Writes the heartbeat of its region for a minute, until the next invocation takes over. Each also
 * says what the other region must know of this one if it goes silent.
 */
import type { Heartbeat, Heartbeats } from '../../aws/heartbeats.ts';
import type { Place, Services } from '../../aws/services.ts';
import type { BeatInput, BeatOutput } from '../../events/beat.ts';
import { withPeak } from '../_capacity.ts';
import type { Base } from '../_entry.ts';

export type Needs = Base & {
  readonly heartbeats: Pick<Heartbeats, 'beat' | 'latest'>;
  readonly services: Pick<Services, 'state' | 'digests'>;
  readonly region: string;
  readonly place: Place;
};

const BEAT_EVERY_MS = 5_000;
/** The schedule comes every minute: the last beat of one invocation is just before the next one's first. */
const BEATS = 12;
/** ECS is asked with every so many beats: what it says counts for half a minute. */
const LOOK_EVERY = 3;
const WRITE_MS = 4_000;

type Known = Pick<Heartbeat, 'peaks' | 'digest' | 'deploying'>;

const NOTHING: Known = { peaks: [], digest: null, deploying: null };

/** What ECS says of the region's own service; where it says nothing, what is known is not renewed. */
const lookAround = async (
  { services, place, clock }: Needs,
  before: Known,
  signal: AbortSignal,
): Promise<Known> => {
  const [state, digests] = await Promise.all([
    services.state(place, signal),
    services.digests(place, signal),
  ]);
  const [digest = null, ...more] = digests;
  return {
    peaks: withPeak(before.peaks, state.running, clock.now()),
    digest: more.length > 0 ? null : digest,
    deploying: state.deploying,
  };
};

export const beat =
  (needs: Needs) =>
  async (_: BeatInput, signal: AbortSignal): Promise<BeatOutput> => {
    const { heartbeats, region, clock, log } = needs;
    const warn = (what: string) => (error: unknown) => {
      log.warn(what, { region, cause: String(error) });
      return null;
    };
    const last = await heartbeats.latest(region, signal).catch(warn('heartbeat not read'));
    let known: Known = last ?? NOTHING;
    let failed = 0;
    const startMs = clock.monotonicMs();
    for (let n = 0; n < BEATS; n++) {
      await clock.sleep(Math.max(0, startMs + n * BEAT_EVERY_MS - clock.monotonicMs()), signal);
      const limited = AbortSignal.any([signal, AbortSignal.timeout(WRITE_MS)]);
      if (n % LOOK_EVERY === 0) {
        const { peaks } = known;
        known = (await lookAround(needs, known, limited).catch(warn('service not seen'))) ?? {
          ...NOTHING,
          peaks,
        };
      }
      // Written last, so that nothing it says is newer than the time it bears.
      const written = await heartbeats
        .beat({ region, writtenAtMs: clock.now(), ...known }, limited)
        .then(() => true)
        .catch(warn('heartbeat not written'));
      if (!written) failed += 1;
    }
    return { beats: BEATS - failed, failed };
  };

// Goal: each layer names its instruction, whichever builder made it, and no value of an argument is shown.
import { describe, expect, it } from 'vitest';
import { baseLayers, layerMakers, withoutValues } from '../../../core/images/history.ts';

const line = (created_by: string, empty_layer = false) => ({ created_by, empty_layer });

describe('an instruction as it may be shown', () => {
  it.each([
    ['ENV TOKEN=abc PATH="/a b:/c"', 'ENV TOKEN=… PATH=…'],
    ['ENV TOKEN QWxhZGRpbg==', 'ENV TOKEN'],
    ['ARG BUILD_TOKEN', 'ARG BUILD_TOKEN'],
    ['ARG BUILD_TOKEN=s3cr3t=', 'ARG BUILD_TOKEN=…'],
    ['LABEL owner=me', 'LABEL owner=…'],
    ['RUN |2 TOKEN=abc NAME=x y /bin/sh -c npm ci # buildkit', 'RUN /bin/sh -c npm ci # buildkit'],
    ['RUN npm ci', 'RUN npm ci'],
    [`FROM ${'ab'.repeat(32)} AS web`, 'FROM abababababab AS web'],
  ])('%s', (written, shown) => expect(withoutValues(written)).toBe(shown));

  it('is cut to a length', () => {
    expect(withoutValues(`RUN ${'x'.repeat(900)}`)).toHaveLength(240);
  });
});

/** As buildah writes them. */
const BUILDAH = [
  line(
    '/bin/sh -c #(nop) ADD file:3dd26e4965c8644baff67ea97c23805e6f97f0ca70f3e7eb6ebdc5e320d412fe in / ',
  ),
  line('/bin/sh -c #(nop)  CMD ["bash"]', true),
  line('/bin/sh -c #(nop) WORKDIR /app', true),
  line('/bin/sh -c #(nop) ENV SECRET=xyz', true),
  line('/bin/sh -c npm ci --omit=dev'),
  line(
    '/bin/sh -c #(nop) COPY dir:8f7e2fc080d092f01b952bab0e591089ad541f910073c38cc119746b6021e765 in . ',
  ),
];

/** As BuildKit writes them. */
const BUILDKIT = [
  line("# debian.sh --arch 'amd64' out/ 'bookworm' '@1700000000'"),
  line('CMD ["bash"]', true),
  line('WORKDIR /app'),
  line('RUN |1 TOKEN=abc /bin/sh -c npm ci --omit=dev # buildkit'),
  line('COPY . . # buildkit'),
];

const STEPS = ['WORKDIR', 'ENV', 'RUN', 'COPY', 'CMD'].map((keyword) => ({ keyword }));

describe('the makers of layers', () => {
  it('by buildah', () => {
    const makers = layerMakers(BUILDAH, 3);
    expect(makers).toEqual(['ADD file in /', 'RUN npm ci --omit=dev', 'COPY dir in .']);
    expect(baseLayers(makers, STEPS)).toBe(1);
  });

  it('by BuildKit, where WORKDIR makes a layer of its own', () => {
    const makers = layerMakers(BUILDKIT, 4);
    expect(makers.slice(1)).toEqual(['WORKDIR /app', 'RUN npm ci --omit=dev', 'COPY . .']);
    expect(baseLayers(makers, STEPS)).toBe(1);
  });

  it('are not told when the history has not one line for each layer', () => {
    expect(layerMakers(BUILDAH, 2)).toEqual([null, null]);
    expect(layerMakers([], 1)).toEqual([null]);
    expect(baseLayers([null, null], STEPS)).toBeUndefined();
  });
});

describe('the layers of the base', () => {
  it('are those below the instructions of the Dockerfile', () => {
    const makers = ['RUN a', 'COPY b', 'RUN c'];
    expect(baseLayers(makers, [])).toBe(3);
    expect(baseLayers(makers, [{ keyword: 'RUN' }])).toBe(2);
    expect(baseLayers(makers, [{ keyword: 'COPY' }, { keyword: 'RUN' }])).toBe(1);
  });

  it('cannot be told when layers and instructions do not match, as after squashing', () => {
    expect(baseLayers(['RUN a'], [{ keyword: 'COPY' }])).toBeUndefined();
    expect(baseLayers(['COPY a'], [{ keyword: 'COPY' }, { keyword: 'COPY' }])).toBeUndefined();
  });
});

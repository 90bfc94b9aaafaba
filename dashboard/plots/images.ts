/** What is inside the images: layers by size, what they share, what is pulled for nothing. */
import { formatBytes } from '../../core/units.ts';
import type { DrillReport, VariantReport } from '../../events/drillReport.ts';
import type {
  ImageContent,
  ImageFinding,
  LayerFacts,
  StageFacts,
} from '../../events/imageContent.ts';
import type { ScanSummary } from '../../events/scan.ts';
import { armName, type Identities } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { percent } from '../scale.ts';
import { known, section } from '../text.ts';
import { lane } from './lanes.ts';

type Inspected = VariantReport & { readonly content: ImageContent };

const num = (name: string, value: Markup): Markup =>
  html`<td class="num" data-label="${name}">${value}</td>`;

const shareText = (share: number): string => `${(100 * share).toFixed(1)} %`;

const overviewRow = ({ id, image, content }: Inspected, identities: Identities): Markup =>
  html`<tr><th scope="row">${armName(identities.of(id))}</th>${[
    num('compressed', known(image?.compressedBytes, formatBytes)),
    num('unpacked', known(content.uncompressedBytes, formatBytes)),
    num('layers', html`${content.layers.length}`),
    num('largest', html`${formatBytes(content.largestLayerBytes)}`),
    num('shared', html`${formatBytes(content.sharedBytes)}`),
    num('in no other', html`${formatBytes(content.uniqueBytes)}`),
    num('past its base', known(content.bytesBeyondBase, formatBytes, 'base not told')),
    num('past today', known(image?.bytesBeyondReference, formatBytes)),
    num('wasted', known(content.wastedBytes, formatBytes)),
    num('efficiency', known(content.efficiency, shareText)),
  ]}</tr>`;

const COLUMNS = [
  ...['compressed', 'unpacked', 'layers', 'largest', 'shared', 'in no other'],
  ...['past its base', 'past today', 'wasted', 'efficiency'],
];

const overview = (variants: readonly Inspected[], identities: Identities): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Sizes of the images"><table class="cards"><caption>Shared: compressed bytes in layers that another variant has too. Past its base and past today: what a host must still pull that has the base image, or runs today’s.</caption><thead><tr><th scope="col">variant</th>${COLUMNS.map(
    (name) => html`<th scope="col" class="num">${name}</th>`,
  )}</tr></thead><tbody>${variants.map((variant) => overviewRow(variant, identities))}</tbody></table></div>`;

/** Narrower than this share of the lane no layer is drawn: it could not be seen. */
const WIDTH_MIN = 0.15;

const kindOf = ({ ofBase, sharedWith }: LayerFacts): string =>
  ofBase ? 'base' : sharedWith.length > 0 ? 'shared' : 'own';

const bar = ({ layers }: ImageContent, widestBytes: number): Markup => {
  let from = 0;
  const rects = layers.flatMap((layer, at) => {
    const width = (100 * layer.compressedBytes) / widestBytes;
    const x = from;
    from += width;
    if (width < WIDTH_MIN) return [];
    const title = `layer ${at + 1}, ${kindOf(layer)}: ${formatBytes(layer.compressedBytes)}`;
    return [
      html`<rect class="layer layer-${kindOf(layer)}" x="${percent(x)}" width="${percent(width)}" y="5" height="16"><title>${title}</title></rect>`,
    ];
  });
  const words = layers.map(
    (layer, at) => `layer ${at + 1} ${kindOf(layer)} ${formatBytes(layer.compressedBytes)}`,
  );
  return lane(words.join(', '), rects);
};

const layerRow = (layer: LayerFacts, at: number): Markup =>
  html`<tr><th scope="row">${at + 1}</th><td data-label="made by">${
    layer.createdBy === null
      ? html`<span class="none">not told</span>`
      : html`<code>${layer.createdBy}</code>`
  }</td>${num('compressed', html`${formatBytes(layer.compressedBytes)}`)}${num('unpacked', known(layer.uncompressedBytes, formatBytes))}${num('files', known(layer.files, String))}${num('wasted', known(layer.wastedBytes, formatBytes))}<td data-label="also in">${
    layer.ofBase === true ? 'base; ' : ''
  }${layer.sharedWith.length === 0 ? 'no other' : layer.sharedWith.join(', ')}</td></tr>`;

const layersTable = ({ layers }: ImageContent): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Layers"><table class="cards"><thead><tr><th scope="col">layer</th><th scope="col">made by</th><th scope="col" class="num">compressed</th><th scope="col" class="num">unpacked</th><th scope="col" class="num">files</th><th scope="col" class="num">wasted</th><th scope="col">also in</th></tr></thead><tbody>${layers.map(layerRow)}</tbody></table></div>`;

const wasteList = ({ wasted }: ImageContent): Markup | null =>
  wasted.length === 0
    ? null
    : html`<h4>Largest files that are pulled and never seen</h4><ul class="plain">${wasted.map(
        ({ path, bytes, layer, hiddenBy, how }) =>
          html`<li><code>${path}</code> ${formatBytes(bytes)} in layer ${layer}, ${how} by layer ${hiddenBy}</li>`,
      )}</ul>`;

const stageText = ({ name, from, takesFrom, part }: StageFacts): Markup =>
  html`<li><strong>${name}</strong> on ${from.kind === 'scratch' ? 'nothing' : html`<bdi>${from.name}</bdi>`}${takesFrom.length === 0 ? null : html`, takes files from ${takesFrom.join(', ')}`} <span class="badge">${part}</span></li>`;

const stagesList = (stages: readonly StageFacts[]): Markup | null =>
  stages.length === 0
    ? null
    : html`<h4>Stages of the Dockerfile</h4><ul class="plain">${stages.map(stageText)}</ul>`;

const findingsList = (findings: readonly ImageFinding[] | null): Markup | null =>
  findings === null || findings.length === 0
    ? null
    : html`<h4>Findings</h4><ul class="plain">${findings.map(
        ({ rule, severity, line, what }) =>
          html`<li><strong>${rule}</strong> <span class="badge">${severity}</span> line ${line}: ${what}</li>`,
      )}</ul>`;

const scanList = (scan: ScanSummary | null): Markup | null => {
  if (scan === null || scan.worst.length === 0) return null;
  const worst = scan.worst.map(
    ({ id, severity, component, version, fixedIn }) =>
      html`<li><strong>${id}</strong> <span class="badge">${severity}</span> ${component} ${version}, ${fixedIn === null ? 'no fix yet' : `fixed in ${fixedIn}`}</li>`,
  );
  return html`<h4>Worst vulnerabilities that ${scan.tool} found</h4><ul class="plain">${worst}</ul>`;
};

const card = (variant: Inspected, identities: Identities, widestBytes: number): Markup => {
  const { id, content, image } = variant;
  const untold =
    content.notRead === null
      ? null
      : html`<p class="hatched untold">Layers not read: ${content.notRead}</p>`;
  return html`<figure class="card"><figcaption><h3>${armName(identities.of(id))}</h3></figcaption>${bar(content, widestBytes)}${untold}<details><summary>Layers, waste, stages and findings</summary>${layersTable(content)}${wasteList(content)}${stagesList(image?.stages ?? [])}${findingsList(image?.findings ?? null)}${scanList(image?.scan ?? null)}</details></figure>`;
};

const swatch = (kind: string, words: string): Markup =>
  html`<li><svg class="key" width="14" height="14" aria-hidden="true"><rect class="layer layer-${kind}" x="1" y="1" width="12" height="12"/></svg>${words}</li>`;

export const imagesSection = (report: DrillReport, identities: Identities): Markup | null => {
  const variants = report.variants.flatMap((variant): Inspected[] => {
    const content = variant.image?.content;
    return content && content.layers.length > 0 ? [{ ...variant, content }] : [];
  });
  if (variants.length === 0) return null;
  const widest = Math.max(1, ...variants.map(({ image }) => image?.compressedBytes ?? 0));
  return section(
    'images',
    'What is in the images',
    'Layers from the lowest up, as wide as they are large. What a host has already, it does not pull again.',
    [
      overview(variants, identities),
      html`<ul class="legend">${swatch('base', 'of the base image')}${swatch('shared', 'in another variant too')}${swatch('own', 'in this variant only')}</ul>`,
      html`<div class="stack">${variants.map((variant) => card(variant, identities, widest))}</div>`,
    ],
  );
};

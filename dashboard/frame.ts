/** What every page has around its content: one HTML file, no server, nothing from elsewhere, readable without script. */
import { html, inlineJson, type Markup, trusted } from './markup.ts';
import { PAGE_SCRIPT, PAGE_SCRIPT_SHA256 } from './script.ts';
import { PAGE_STYLES } from './styles.ts';

/** Nothing is loaded, nothing is sent, and no other script runs, whatever the page holds. */
const POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${PAGE_SCRIPT_SHA256}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** A section of a page; one without content is left out. */
export type Part = { readonly id: string; readonly name: string; readonly content: Markup | null };

const topBar = (parts: readonly Part[]): Markup =>
  html`<div class="top"><div class="bar"><nav aria-label="Parts of the report"><ul>${parts.map(
    ({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`,
  )}</ul></nav><button id="theme" type="button">◐ <span>auto</span></button></div></div>`;

export type Page = {
  readonly title: string;
  readonly header: Markup;
  readonly parts: readonly Part[];
  readonly footer: Markup;
  /** Stands in the page as JSON, in the element `report`. */
  readonly data: unknown;
};

/** The whole file. */
export const renderPage = ({ title, header, parts, footer, data }: Page): string => {
  const shown = parts.filter(({ content }) => content !== null);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(PAGE_STYLES)}</style>
<noscript><style>.panels > [hidden] { display: block !important; margin-top: 1.5rem; }</style></noscript>
</head>
<body>
<a class="skip" href="#main">To the report</a>
${topBar(shown)}
<main id="main">
${header}
${shown.map(({ content }) => content)}
<footer>${footer}</footer>
</main>
<script type="application/json" id="report">${inlineJson(data)}</script>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return page.markup;
};

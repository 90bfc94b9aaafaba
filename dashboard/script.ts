/**
 * The page's only script: theme and switches. Everything can be read without it. It touches no text
 * of the report, and the page's security policy allows this script by its hash and no other.
 */
export const PAGE_SCRIPT = `'use strict';
(() => {
  const root = document.documentElement;
  root.classList.add('scripted');
  const button = document.getElementById('theme');
  const themes = ['auto', 'light', 'dark'];
  const key = 'failover-drill-theme';
  const read = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem(key, theme); } catch { } };
  const show = (theme) => {
    root.dataset.theme = theme;
    button.querySelector('span').textContent = theme;
    button.setAttribute('aria-label', 'Theme: ' + theme + '. Press to change.');
  };
  show(themes.includes(read()) ? read() : 'auto');
  button.addEventListener('click', () => {
    const next = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
    show(next);
    keep(next);
  });
  for (const choice of document.querySelectorAll('[data-switch]')) {
    const panels = document.getElementById(choice.dataset.switch).children;
    const select = () => {
      const at = Number(choice.querySelector('input:checked, option:checked').value);
      for (const [index, panel] of [...panels].entries()) panel.hidden = index !== at;
    };
    choice.addEventListener('change', select);
    select();
  }
})();
`;

/** SHA-256 of the script in base64; a test holds it to the text above. */
export const PAGE_SCRIPT_SHA256 = 'SGwWEpiG3tKYzbxOoPhpDMOTFbpMYug0BLfSLDA2kPs=';

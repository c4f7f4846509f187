/** Where a page's files are, as its view may load them. */
export interface PageSources {
  readonly script: string;
  readonly style: string;
  /** The icons, which are seen late unless they are asked for at once. */
  readonly font: string;
  /** The origin of the files, for the content security policy. */
  readonly cspSource: string;
  /** Made anew for each page. */
  readonly nonce: string;
  readonly language: string;
  readonly title: string;
  /** Shown until the page has something better. */
  readonly loading: string;
}

/** The dashboard's page: nothing may run in it but our script with what it loads itself, and nothing may be fetched. */
export function dashboardHtml(sources: PageSources): string {
  const { script, style, font, cspSource, nonce } = sources;
  const policy = [
    `default-src 'none'`,
    `img-src ${cspSource} data: blob:`,
    `font-src ${cspSource}`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(sources.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<!-- Where the toolkit looks for what lets its styles through -->
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="preload" as="font" type="font/ttf" crossorigin href="${escape(font)}">
<link rel="stylesheet" href="${escape(style)}">
<title>${escape(sources.title)}</title>
</head>
<body>
<main id="dashboard"><p class="notice" role="status">${escape(sources.loading)}</p></main>
<script type="module" nonce="${nonce}" src="${escape(script)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

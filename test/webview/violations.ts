import axe from 'axe-core';
import type { DashboardPage } from './dashboardPage.ts';

/** What axe finds wrong, and where. */
export async function violations({ page }: DashboardPage): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    interface Found {
      readonly violations: readonly {
        readonly id: string;
        readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
      }[];
    }
    const scope = window as unknown as { axe: { run(): Promise<Found> } };
    const found = await scope.axe.run();
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
  });
}

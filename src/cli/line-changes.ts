import { diff } from 'node:util'

/** The lines that go and come, with some around them: `- old`, `+ new`. */
export function lineChanges({ before, after }: { readonly before: string; readonly after: string }): string[] {
  const lines = diff(before.split('\n'), after.split('\n'))
  const near = (index: number) => lines.slice(Math.max(0, index - around), index + around + 1).some(([kind]) => kind !== 0)
  return lines.flatMap(([kind, text], index) => (near(index) ? [`${signs[String(kind)]} ${text}`] : []))
}

const around = 2
const signs: Readonly<Record<string, string>> = { '-1': '+', '0': ' ', '1': '-' }

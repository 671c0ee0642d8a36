import { resolve } from 'node:path'
import YAML from 'yaml'
import type { ConfigurationSource } from './find.ts'

/** What a configuration file becomes. */
export interface Promotion {
  readonly file: string
  readonly before: string
  readonly after: string
}

/** The configuration in which a rule that was in shadow mode is enforced; the rest stays, with its comments. Or why that cannot be done. */
export function withEnforced({ file, text }: ConfigurationSource, index: number): Promotion | string {
  const document = YAML.parseDocument(text, { stringKeys: true })
  const rules = document.get('rules')
  const rule = YAML.isSeq(rules) ? rules.items[index] : undefined
  // What others refer to would change for them as well.
  if (!YAML.isMap(rule) || rule.anchor !== undefined) {
    return 'expected a rule that is written out in the configuration, found none, or one that others share: change its mode by hand'
  }
  rule.set('mode', 'enforce')
  return { file: resolve(file), before: text, after: document.toString({ lineWidth: 0, flowCollectionPadding: true }) }
}

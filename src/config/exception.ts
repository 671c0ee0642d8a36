import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import YAML from 'yaml'
import type { ConfigurationSource } from './find.ts'
import { defaultRulesFile } from './policies.ts'

/** Mail that is to be let in: one entry of a list that is an option of a policy. */
export interface Exception {
  readonly policy: string
  readonly option: string
  readonly entry: string
}

/** What a file becomes. */
export interface Edit {
  readonly file: string
  readonly before: string
  readonly after: string
  /** A list file counts by itself a moment later; the configuration must be read again. */
  readonly isList: boolean
  /** The configuration had no rules of its own, and gets the default ones. */
  readonly copiesDefaults: boolean
}

/**
 * Puts an exception where an administrator would: into the list of a rule that there is, or into the file to which that rule
 * refers; `onTop` makes a rule of its own before all others. Everything else stays, with its comments. `undefined` when this
 * cannot be done.
 */
export async function withException(
  source: ConfigurationSource,
  exception: Exception,
  { onTop, note }: { readonly onTop: boolean; readonly note: string },
): Promise<Edit | undefined> {
  const { text, copiesDefaults } = await withRules(source.text)
  const document = YAML.parseDocument(text, { stringKeys: true })
  const index = onTop ? undefined : ruleFor(document, exception)
  if (!onTop && index === undefined) return undefined
  if (index === undefined) addRule(document, exception, note)
  else {
    const list = listFileAt(document, [...pathTo(index), exception.option])
    if (list !== undefined) return intoList(resolve(source.folder, list), exception, note)
    if (!addEntry(document, [...pathTo(index), exception.option], exception.entry)) return undefined
  }
  const after = document.toString({ lineWidth: 0, flowCollectionPadding: true })
  return { file: resolve(source.file), before: source.text, after, isList: false, copiesDefaults }
}

/** A configuration without rules goes by the default ones: with one more it needs all of them. */
async function withRules(text: string) {
  const document = YAML.parseDocument(text, { stringKeys: true })
  if (document.has('rules')) return { text, copiesDefaults: false }
  const defaults = await readFile(defaultRulesFile, 'utf8')
  const indented = defaults.replaceAll(/^(?=.)/gm, '  ')
  return { text: `${text.trimEnd()}\n\nrules:\n${indented}`, copiesDefaults: true }
}

type Path = readonly (string | number)[]

function pathTo(index: number): Path {
  return ['rules', index, 'options']
}

/** The first rule of the policy that is in force for everybody. */
function ruleFor(document: YAML.Document, { policy }: Exception): number | undefined {
  const rules = document.get('rules')
  if (!YAML.isSeq(rules)) return undefined
  const index = rules.items.findIndex(
    rule => YAML.isMap(rule) && rule.get('use') === policy && rule.get('mode') !== 'shadow' && !rule.has('to'),
  )
  return index === -1 ? undefined : index
}

function listFileAt(document: YAML.Document, path: Path): string | undefined {
  const list = document.getIn([...path, 'file'])
  return typeof list === 'string' ? list : undefined
}

/** False when what is there is no list of its own. */
function addEntry(document: YAML.Document, path: Path, entry: string): boolean {
  const list = document.getIn(path)
  if (YAML.isSeq(list)) {
    if (list.anchor !== undefined) return false // others share it
    list.add(document.createNode(entry))
    return true
  }
  if (list !== undefined && list !== null) return false
  const options = document.getIn(path.slice(0, -1))
  if (YAML.isAlias(options)) return false
  document.setIn(path, document.createNode([entry], { flow: true }))
  return true
}

function addRule(document: YAML.Document, { policy, option, entry }: Exception, note: string): void {
  const rule = document.createNode({ use: policy, options: { [option]: [entry] } })
  const options = rule.get('options')
  if (YAML.isMap(options)) options.flow = true
  rule.commentBefore = ` ${note}`
  const rules = document.get('rules')
  if (YAML.isSeq(rules)) rules.items.unshift(rule)
  else document.set('rules', [rule])
}

async function intoList(file: string, { entry }: Exception, note: string): Promise<Edit | undefined> {
  try {
    const before = await readFile(file, 'utf8')
    const isWhole = before === '' || before.endsWith('\n')
    const after = `${before}${isWhole ? '' : '\n'}${entry} # ${note}\n`
    return { file, before, after, isList: true, copiesDefaults: false }
  } catch {
    return undefined // the configuration has been read with it: it is gone since, and another place must do
  }
}

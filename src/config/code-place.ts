import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import type { Position } from './problem.ts'

/** Where in a file of the administrator's something is wrong. */
export interface CodePlace extends Position {
  readonly file: string
}

/**
 * Where an error of loading or running code comes from, as far as it can be found among these files: Node says it in
 * four ways, and of early errors of a module not at all.
 */
export async function placeOf(error: unknown, files: readonly string[]): Promise<CodePlace | undefined> {
  if (!(error instanceof Error)) return undefined
  const stack = error.stack ?? ''
  return (
    underCaret(stack, files) ?? inFrames(stack, files) ?? (await ofImport(error.message, files)) ?? (await byCheck(error, files))
  )
}

/** `/etc/postern/mine.ts:4`, the lines around it, and `^^^` below the one that is meant: from the parser and the linker. */
function underCaret(stack: string, files: readonly string[]): CodePlace | undefined {
  const [head = '', ...lines] = stack.split('\n')
  const file = files.find(file => nameIn(head, file))
  const line = /:(\d+)$/.exec(head)?.[1]
  if (file === undefined || line === undefined) return undefined
  const caret = lines.find(each => /^\s*\^+\s*$/.test(each))
  return { file, line: Number(line), column: caret === undefined ? 1 : caret.indexOf('^') + 1 }
}

/** `at judge (file:///etc/postern/mine.ts?policies=2:4:25)`. */
function inFrames(stack: string, files: readonly string[]): CodePlace | undefined {
  for (const frame of stack.split('\n').filter(each => /^\s+at /.test(each))) {
    const file = files.find(file => nameIn(frame, file))
    const [, line, column] = /:(\d+):(\d+)\)?$/.exec(frame) ?? []
    if (file !== undefined) return { file, line: Number(line), column: Number(column) }
  }
  return undefined
}

/** `Cannot find package 'x' imported from /etc/postern/mine.ts`. */
async function ofImport(message: string, files: readonly string[]): Promise<CodePlace | undefined> {
  const [, missing = '', importer] = /^Cannot find (?:package|module) '(.+?)' imported from (.+)$/.exec(message) ?? []
  const file = files.find(file => importer?.split('?')[0] === file)
  if (file === undefined) return undefined
  const name = missing.split('/').at(-1) ?? ''
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const line = lines.findIndex(each => /\b(?:import|from)\b/.test(each) && each.includes(name))
  return { file, line: line + 1 || 1, column: Math.max(lines[line]?.search(/['"][^'"]*['"]/) ?? 0, 0) + 1 }
}

const checkMs = 5000
/** Takes the types out of a file, which keeps all else in its place, and has Node check the rest as a module. */
const checkCode = `
  const { stripTypeScriptTypes } = require('node:module')
  const input = stripTypeScriptTypes(require('node:fs').readFileSync(process.argv[1], 'utf8'))
  require('node:child_process').spawnSync(process.execPath, ['--check', '--input-type=module', '-'], { input, stdio: ['pipe', 1, 2] })`

/** An identifier that is declared twice, for example: the error alone does not tell in which file. */
async function byCheck(error: Error, files: readonly string[]): Promise<CodePlace | undefined> {
  if (!(error instanceof SyntaxError)) return undefined
  for (const file of files) {
    const text = await outputOf(['--disable-warning=ExperimentalWarning', '-e', checkCode, file])
    const place = text.includes(error.message) ? underCaret(text.slice(text.indexOf('[stdin]:')), ['[stdin]']) : undefined
    if (place) return { ...place, file }
  }
  return undefined
}

function outputOf(args: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  execFile(process.execPath, args, { timeout: checkMs, killSignal: 'SIGKILL' }, (_, stdout, stderr) => resolve(stdout + stderr))
  return promise
}

/** By its path, or by its URL with or without a version. */
function nameIn(text: string, file: string): boolean {
  return [file, pathToFileURL(file).pathname].some(name => text.includes(`${name}:`) || text.includes(`${name}?`))
}

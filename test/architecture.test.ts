import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'
import { mayImport, roomOf, rooms } from './architecture/floors.ts'
import { functionsOf, importsOf, type Source, sourcesIn, top } from './architecture/sources.ts'

/** What is longer than STYLE allows, each with the reason why it is still one idea. */
const longFiles: Readonly<Record<string, string>> = {}
const longFunctions: Readonly<Record<string, string>> = {}

const code = [...sourcesIn('src'), ...sourcesIn('policies')]
const own = [...code, ...sourcesIn('scripts'), ...sourcesIn('fixtures'), ...sourcesIn('bench')]
const policies = sourcesIn('policies').filter(({ path }) => /^policies\/(?!index\.ts$)[^/]+\.ts$/.test(path))

describe('the floors', () => {
  test('every file stands on a floor', () => {
    assert.deepEqual(
      code.map(({ path }) => path).filter(path => !roomOf(path)),
      [],
    )
  })

  test('each floor imports only from lower floors and itself', () => {
    const trespasses = code.flatMap(({ path, imports }) =>
      imports.filter(specifier => !mayImport(path, specifier)).map(specifier => `${path} imports ${specifier}`),
    )
    assert.deepEqual(trespasses, [])
  })

  test('the check sees every form of import', () => {
    const forms = `import a, {\n  b,\n} from './from.ts'\nimport 'bare'\nexport * from "./again.ts"\nconst c = await import('./later.ts')\n// import 'comment'\n`
    assert.deepEqual(importsOf(forms).toSorted(), ['./again.ts', './from.ts', './later.ts', 'bare'])
  })

  test('the check refuses what climbs', () => {
    assert.equal(mayImport('src/engine/rule.ts', '../mail/address.ts'), true)
    assert.equal(mayImport('src/mail/address.ts', '../engine/rule.ts'), false)
    assert.equal(mayImport('src/relay/smtp.ts', '../world/dns.ts'), false)
    assert.equal(mayImport('src/config/load.ts', '../smtp/server.ts'), false)
    assert.equal(mayImport('policies/helo.ts', '../src/index.ts'), false)
    assert.equal(mayImport('policies/helo.ts', 'node:fs'), false)
    assert.equal(mayImport('src/smtp/server.ts', 'smtp-server/lib/smtp-connection.js'), true)
    assert.equal(mayImport('src/relay/smtp.ts', 'smtp-server'), false)
  })

  test('only a room that exists is listed', () => {
    const missing = Object.keys(rooms).filter(room => !code.some(({ path }) => path === room || path.startsWith(`${room}/`)))
    assert.deepEqual(missing, [])
  })
})

describe('policies', () => {
  for (const { path } of policies) {
    const name = basename(path, '.ts')

    test(`${name} is called by the name of its file`, async () => {
      const file: { default?: { name?: unknown } } = await import(join(top, path))
      assert.equal(file.default?.name, name)
    })

    test(`${name} has a test of its name`, () => {
      assert.ok(existsSync(join(top, 'test/policies', `${name}.test.ts`)), `test/policies/${name}.test.ts is missing`)
    })
  }

  test('nothing but a policy has a default export', () => {
    // Those that authors' mistakes are shown with are policies, and what writes one contains its text.
    const ofPolicies = ['policies/', 'fixtures/mistakes/', 'src/cli/policy-new/template.ts']
    const defaults = own.filter(
      ({ path, lines }) =>
        !ofPolicies.some(place => path.startsWith(place)) && lines.some(line => line.startsWith('export default')),
    )
    assert.deepEqual(
      defaults.map(({ path }) => path),
      [],
    )
  })
})

test('every folder with tests is run', () => {
  const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(top, 'package.json'), 'utf8'),
  )
  const run = `${scripts.unit} ${scripts.sockets} ${scripts['test:peers']} ${scripts['test:trials']}`
  const folders = readdirSync(join(top, 'test'), { withFileTypes: true }).filter(entry => entry.isDirectory())
  const withTests = folders.filter(({ name }) => readdirSync(join(top, 'test', name)).some(file => file.endsWith('.test.ts')))
  assert.deepEqual(
    withTests.map(({ name }) => name).filter(name => !new RegExp(`[/{,]${name}[/},]`).test(run)),
    [],
  )
})

describe('proportions', () => {
  test('no file is longer than 200 lines', () => {
    const long = own.filter(({ path, lines }) => lines.length > 200 && !longFiles[path])
    assert.deepEqual(
      long.map(({ path, lines }) => `${path}: ${lines.length} lines`),
      [],
    )
  })

  test('no function is longer than 40 lines', () => {
    const unexpected = own.filter(({ path }) => !longFunctions[path])
    assert.deepEqual(unexpected.flatMap(longFunctionsOf), [])
  })

  test('the check measures functions, and no other block', () => {
    const body = ['  const a = 1', '  if (a) {', '    a()', '  }']
    assert.deepEqual(functionsOf(['export function f() {', ...body, '}']), [{ line: 1, length: 6 }])
    assert.deepEqual(functionsOf(['const f = async (', '  a: A,', ') => {', ...body, '}']), [{ line: 3, length: 6 }])
    assert.deepEqual(functionsOf(['class C {', '  async #f(a: A): B {', '    a()', '  }', '}']), [{ line: 2, length: 3 }])
  })

  test('every exception is still needed', () => {
    const files = Object.keys(longFiles).filter(path => !own.some(source => source.path === path && source.lines.length > 200))
    const functions = Object.keys(longFunctions).filter(
      path => !own.some(source => source.path === path && longFunctionsOf(source)[0]),
    )
    assert.deepEqual([...files, ...functions], [])
  })
})

function longFunctionsOf({ path, lines }: Source): string[] {
  return functionsOf(lines)
    .filter(({ length }) => length > 40)
    .map(({ line, length }) => `${path}:${line}: ${length} lines`)
}

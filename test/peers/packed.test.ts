import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { freePort } from '../../fixtures/free-port.ts'
import { SmtpClient } from '../../fixtures/smtp-client.ts'
import { peerFolder, removeFolder } from './support/folder.ts'
import { mustRun, run } from './support/run.ts'
import { untilListening } from './support/wait.ts'

const top = join(import.meta.dirname, '../..')
/** Debian's user without rights. */
const nobody = 65534
const isRoot = process.getuid?.() === 0
const identity = isRoot ? { uid: nobody, gid: nobody } : {}

/** The steps of the Dockerfile as plain commands: what they need is what .dockerignore lets through. */
describe('the packed tarball', () => {
  let folder = ''
  let postern = ''
  let data = ''
  const env = () => ({ ...process.env, PATH: [join(folder, 'prefix/bin'), process.env.PATH].join(delimiter) })

  before(async () => {
    folder = await peerFolder('packed')
    const build = join(folder, 'build')
    await copyContext(build)
    await symlink(join(top, 'node_modules'), join(build, 'node_modules'))
    const tarball = (await mustRun('npm', ['pack', '--silent'], { cwd: build })).trim().split('\n').at(-1) ?? ''
    assert.equal(await readFile(join(build, 'package.json'), 'utf8'), await readFile(join(top, 'package.json'), 'utf8'))

    const prefix = join(folder, 'prefix')
    await mustRun('npm', ['install', '--global', '--prefix', prefix, join(build, tarball)], { timeoutMs: 120_000 })
    // The one thing that the machine must have.
    await copyFile(process.execPath, join(prefix, 'bin/node'))
    await chmod(join(prefix, 'bin/node'), 0o755)
    postern = join(prefix, 'bin/postern')
    data = join(folder, 'data')
    await mkdir(data)
    if (isRoot) await chown(data, nobody, nobody)
  })

  after(() => removeFolder(folder))

  test('brings a command that tells how it is used, and its version', async () => {
    const { version }: { readonly version: string } = JSON.parse(await readFile(join(top, 'package.json'), 'utf8'))
    assert.match(await mustRun(postern, ['--help'], { env: env() }), /run.*check.*explain/s)
    assert.equal((await mustRun(postern, ['--version'], { env: env() })).trim(), version)
  })

  test('brings all policies', async () => {
    const files = (await readdir(join(top, 'policies'))).filter(name => name.endsWith('.ts')).map(name => name.slice(0, -3))
    const listed: { readonly name: string }[] = JSON.parse(await mustRun(postern, ['policy', 'list', '--json'], { env: env() }))
    const names = listed.map(({ name }) => name)
    assert.deepEqual(names, files.sort())
  })

  test('checks the built-in configuration, and finds a fault in a broken one', async () => {
    await mustRun(postern, ['check'], { env: env(), cwd: data })
    const broken = join(data, 'broken.yaml')
    await writeFile(broken, 'listen: [{ address: nowhere }]\nrelay: {}\n')
    const { code, output } = await run(postern, ['check', '-c', broken], { env: env() })
    assert.equal(code, 2)
    assert.match(output, /broken\.yaml:1:\d+: .*listen/)
  })

  test('brings what policies are written with: types, their tests, and a gateway that loads them', async () => {
    const work = join(folder, 'work')
    await mkdir(work)
    const told = await mustRun(postern, ['policy', 'new', 'loud', '--folder', 'policies'], { env: env(), cwd: work })
    assert.match(told, /^npx -p typescript tsc -p policies$/m)
    const tsc = (...args: readonly string[]) =>
      run(join(top, 'node_modules/.bin/tsc'), ['-p', 'policies', ...args], { env: env(), cwd: work })
    assert.deepEqual(await tsc(), { code: 0, output: '' })
    assert.match(
      await mustRun(postern, ['policy', 'test', 'loud', '--folder', 'policies'], { env: env(), cwd: work }),
      /ℹ pass 7/,
    )
    await writeFile(
      join(work, 'postern.yaml'),
      configurationText(2525).replace('rules: []', 'rules: [{ use: ./policies/loud.ts }]'),
    )
    assert.match(await mustRun(postern, ['check'], { env: env(), cwd: work }), /loud/)

    const mistakes = (await readdir(join(top, 'fixtures/mistakes'))).filter(name => name.endsWith('.ts'))
    await cp(join(top, 'fixtures/mistakes'), join(work, 'policies'), { recursive: true })
    const { output } = await tsc('--pretty', 'false')
    for (const mistake of mistakes) {
      const text = await readFile(join(top, 'fixtures/mistakes', mistake), 'utf8')
      const [, place] = /^\/\/ (\d+:\d+): /m.exec(text) ?? []
      assert.ok(output.includes(`policies/${mistake}(${place?.replace(':', ',')}): error`), `${mistake}\n${output}`)
    }
  })

  test('runs as a user without rights, delivers a message, and ends when it is told to', async () => {
    const port = await freePort()
    const configuration = join(data, 'postern.yaml')
    await writeFile(configuration, configurationText(port))
    const child = spawn(postern, ['run', '-c', configuration], { env: env(), cwd: data, stdio: 'ignore', ...identity })
    const ended = once(child, 'exit')
    await untilListening('the installed gateway', port)
    const { code } = await mustBeHealthy(port, env())
    assert.equal(code, 0)
    await deliver(port)
    const [mail] = await readdir(join(data, 'mail/new'))
    assert.match(await readFile(join(data, 'mail/new', mail ?? ''), 'utf8'), /\r\n\r\nHello\r\n$/)
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })
})

/** The build context, as .dockerignore defines it: nothing but what it names. */
async function copyContext(build: string): Promise<void> {
  const lines = (await readFile(join(top, '.dockerignore'), 'utf8')).split('\n')
  for (const line of lines.filter(line => line.startsWith('!'))) {
    await cp(join(top, line.slice(1)), join(build, line.slice(1)), { recursive: true })
  }
}

/** The image's health check, for another port. */
async function mustBeHealthy(port: number, env: Record<string, string | undefined>) {
  const text = await readFile(join(top, 'Dockerfile'), 'utf8')
  const [program = '', ...args]: string[] = JSON.parse(/^ {2}CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]')
  return run(
    program,
    args.map(argument => argument.replace('2525', String(port))),
    { env: { PATH: env.PATH ?? '' } },
  )
}

async function deliver(port: number): Promise<void> {
  const client = await SmtpClient.open({ port })
  await client.answer()
  await client.say('EHLO client.example.org')
  await client.say('MAIL FROM:<clara@example.org>')
  assert.equal((await client.say('RCPT TO:<alice@example.test>')).code, 250)
  await client.say('DATA')
  assert.equal((await client.send(Buffer.from('Subject: Hello\r\n\r\nHello\r\n'))).code, 250)
  await client.quit()
}

function configurationText(port: number): string {
  return `hostname: mx.example.test
data: data
listen: [{ address: "127.0.0.1:${port}" }]
relay: { example.test: { to: maildir:./mail } }
limits: { greetDelayMs: 0 }
rules: []
`
}

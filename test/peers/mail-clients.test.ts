import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import nodemailer from 'nodemailer'
import { peerFolder, removeFolder } from './support/folder.ts'
import { needs, pathOf, python } from './support/needs.ts'
import { mustRun } from './support/run.ts'
import { type PeerSubmission, startSubmission } from './support/submission.ts'

const letter = 'From: Alice <alice@our.example>\r\nTo: ann@away.example\r\nSubject: hello\r\n\r\nHello\r\n.\r\nthe end\r\n'

const smtplib = `
import smtplib, ssl, sys
port, implicit = int(sys.argv[1]), sys.argv[2] == 'implicit'
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if implicit:
    client = smtplib.SMTP_SSL('127.0.0.1', port, context=context)
else:
    client = smtplib.SMTP('127.0.0.1', port)
    client.starttls(context=context)
client.login('alice@our.example', 'secret')
client.sendmail('alice@our.example', ['ann@away.example'], sys.stdin.read(), mail_options=['RET=HDRS'], rcpt_options=['NOTIFY=FAILURE'])
client.quit()
`

describe('SUB-01: mail programs send by 587 and by 465', () => {
  let gateway: PeerSubmission
  let folder = ''

  before(async () => {
    gateway = await startSubmission()
    folder = await peerFolder('clients')
  })
  after(async () => {
    await gateway?.stop()
    await removeFolder(folder)
  })

  /** Each way once; what has come out must be one message of Alice's, complete, with our Received on top. */
  async function both(send: (port: number, how: 'starttls' | 'implicit') => Promise<unknown>): Promise<void> {
    for (const how of ['starttls', 'implicit'] as const) {
      const count = gateway.smarthost.messages.length
      await send(gateway[how], how)
      await gateway.smarthost.arrived(count + 1)
      assert.equal(gateway.smarthost.messages.length, count + 1, how)
      const { sender, recipients, content } = gateway.smarthost.messages.at(-1) ?? assert.fail()
      assert.deepEqual([sender, ...recipients], ['alice@our.example', 'ann@away.example'])
      const text = content.toString('latin1')
      assert.match(text, /^Received: from [^\r]*\r\n(?:\t[^\r]*\r\n)*\t?[^\r]*with E?SMTPSA/)
      for (const field of ['Date', 'Message-ID', 'From'])
        assert.equal(text.match(new RegExp(`^${field}: `, 'gim'))?.length, 1, field)
      assert.doesNotMatch(text, /^Bcc:/im)
    }
  }

  test('swaks, by each mechanism that it knows', { skip: needs('swaks') }, async () => {
    for (const mechanism of ['PLAIN', 'LOGIN']) {
      await both((port, how) => {
        const tls = how === 'implicit' ? '--tls-on-connect' : '--tls'
        const who = ['--auth', mechanism, '--auth-user', 'alice@our.example', '--auth-password', 'secret']
        const envelope = ['--from', 'alice@our.example', '--to', 'ann@away.example']
        const args = ['--server', `127.0.0.1:${port}`, tls, ...who, ...envelope, '--data', '-']
        return mustRun(pathOf('swaks'), args, { input: letter.replaceAll('\r\n', '\n').replace('\n.\n', '\n..\n') })
      })
    }
  })

  test('nodemailer', async () => {
    await both(async (port, how) => {
      const secure = how === 'implicit'
      const auth = { user: 'alice@our.example', pass: 'secret' }
      const transport = nodemailer.createTransport({
        host: '127.0.0.1',
        port,
        secure,
        requireTLS: true,
        tls: { rejectUnauthorized: false },
        auth,
      })
      await transport.sendMail({ from: 'Alice <alice@our.example>', to: 'ann@away.example', subject: 'hello', text: 'Hello' })
      transport.close()
    })
  })

  test('smtplib of Python, with the parameters of DSN', async () => {
    await both((port, how) => mustRun(python, ['-c', smtplib, String(port), how], { input: letter }))
  })

  test('msmtp, by SCRAM-SHA-256 too', { skip: needs('msmtp') }, async () => {
    for (const mechanism of ['plain', 'login', 'scram-sha-256']) {
      await both((port, how) => {
        const tls = ['--tls=on', `--tls-starttls=${how === 'starttls' ? 'on' : 'off'}`, '--tls-certcheck=off']
        const who = [`--auth=${mechanism}`, '--user=alice@our.example', '--passwordeval=echo secret']
        const args = [
          '--file=/dev/null',
          '--host=127.0.0.1',
          `--port=${port}`,
          ...tls,
          ...who,
          '--from=alice@our.example',
          'ann@away.example',
        ]
        return mustRun(pathOf('msmtp'), args, { input: letter.replaceAll('\r\n', '\n') })
      })
    }
  })

  test('s-nail', { skip: needs('s-nail') }, async () => {
    await both(async (port, how) => {
      const scheme = how === 'implicit' ? 'smtps' : 'smtp'
      const url = `${scheme}://alice%40our.example:secret@127.0.0.1:${port}`
      const file = join(folder, 'mailrc')
      await writeFile(
        file,
        `set v15-compat\nset mta=${url}\nset smtp-use-starttls\nset smtp-auth=plain\nset tls-verify=ignore\nset from=alice@our.example\nset sendwait\n`,
      )
      const env = { MAILRC: file, HOME: folder }
      return mustRun(pathOf('s-nail'), ['-:u', '-s', 'hello', 'ann@away.example'], { input: 'Hello\n', env })
    })
  })
})

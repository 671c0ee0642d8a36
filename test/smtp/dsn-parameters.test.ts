import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readMail, readRcpt } from '../../src/smtp/mail-command.ts'

const mail = (rest: string, offered = { dsn: true, requireTls: true }) => {
  const read = readMail(`MAIL FROM:<a@b.example>${rest}`, { messageBytes: 1000, smtputf8: true, ...offered })
  return 'code' in read ? read.code : read.parameters
}
const rcpt = (rest: string, dsn = true) => {
  const read = readRcpt(`RCPT TO:<a@b.example>${rest}`, { smtputf8: false, dsn })
  return 'code' in read ? read.code : read.parameters
}

describe('parameters of DSN (RFC 3461)', () => {
  it('are read as they are meant', () => {
    assert.deepEqual(mail(' RET=hdrs ENVID=QQ+2B314+20159 SIZE=5'), { size: 5, ret: 'HDRS', envid: 'QQ+314 159' })
    assert.deepEqual(mail(' RET=FULL AUTH=<> REQUIRETLS'), { ret: 'FULL', requireTls: true })
    assert.deepEqual(rcpt(' NOTIFY=delay,SUCCESS ORCPT=RFC822;Bob+2Bx@b.example'), {
      notify: ['SUCCESS', 'DELAY'],
      orcpt: 'rfc822;Bob+x@b.example',
    })
    assert.deepEqual(rcpt(' NOTIFY=NEVER'), { notify: ['NEVER'] })
    assert.equal(rcpt(''), undefined)
  })

  it('are refused when they are not', () => {
    const wrong = [
      ' RET',
      ' RET=SOME',
      ' ENVID',
      ' ENVID=+2',
      ' ENVID=a+0Ab',
      ' ENVID=+0A',
      ` ENVID=${'x'.repeat(101)}`,
      ' REQUIRETLS=1',
      ' RET=FULL RET=FULL',
    ]
    for (const rest of wrong) assert.equal(mail(rest), 501, rest)
    const wrongToo = [
      ...[' NOTIFY', ' NOTIFY=NEVER,SUCCESS', ' NOTIFY=SUCCESS,SUCCESS', ' NOTIFY=LATER', ' NOTIFY=SUCCESS,', ' NOTIFY='],
      ...[' ORCPT', ' ORCPT=bob@b.example', ' ORCPT=rfc822;', ' ORCPT=;bob', ' ORCPT=rfc822;a+0D+0Ab', ' ORCPT=rf_c;x'],
      ` ORCPT=rfc822;${'x'.repeat(494)}`,
    ]
    for (const rest of wrongToo) assert.equal(rcpt(rest), 501, rest)
    assert.deepEqual(rcpt(` ORCPT=rfc822;${'x'.repeat(493)}`), { orcpt: `rfc822;${'x'.repeat(493)}` })
  })

  it('are unknown where they are not offered', () => {
    for (const rest of [' RET=FULL', ' ENVID=x', ' AUTH=<>', ' REQUIRETLS'])
      assert.equal(mail(rest, { dsn: false, requireTls: false }), 555)
    for (const rest of [' NOTIFY=NEVER', ' ORCPT=rfc822;x']) assert.equal(rcpt(rest, false), 555)
    assert.equal(mail(' REQUIRETLS', { dsn: true, requireTls: false }), 555)
  })
})

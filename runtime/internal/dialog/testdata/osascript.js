// A double of the program osascript of macOS: runs the script on its standard input, in JavaScript as there, but with
// windows that only exist on paper. Its first argument is a folder. "answer" in it says what the person does, "shown"
// gets what was shown, and "calls" how the program was called, a line of JSON each.
const fs = require('fs')
const path = require('path')
const vm = require('vm')

const [dir, ...args] = process.argv.slice(2)
const script = fs.readFileSync(0, 'utf8')
const note = (file, entry) => fs.appendFileSync(path.join(dir, file), JSON.stringify(entry) + '\n')
const environ = Object.entries(process.env).map(([name, value]) => name + '=' + value)
note('calls', { args, environ, script, pid: process.pid })

const answer = JSON.parse(fs.readFileSync(path.join(dir, 'answer'), 'utf8'))
const cancelled = () => Object.assign(new Error('User canceled.'), { errorNumber: -128 })

function shown(operation, text, options) {
  note('shown', { operation, text, options })
  if (answer.hangs) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  if (answer.error) throw new Error(answer.error)
  if (answer.killed) process.kill(process.pid, 'SIGKILL')
  if (answer.gaveUp) return { gaveUp: true, buttonReturned: '' }
}

// dialog is a window with buttons: the one for cancelling makes an error.
function dialog(operation, text, options) {
  const ended = shown(operation, text, options)
  if (ended) return ended
  if (answer.cancels || options.buttons[options.cancelButton - 1] === answer.button) throw cancelled()
  return { buttonReturned: answer.button, textReturned: options.defaultAnswer === undefined ? undefined : answer.text, gaveUp: false }
}

const app = {
  activate() {},
  displayAlert: (text, options) => dialog('alert', text, options),
  displayDialog: (text, options) => dialog('dialog', text, options),
  chooseFromList(items, options) {
    shown('list', options.withPrompt, { ...options, items })
    if (answer.cancels) return false
    return answer.choice ?? options.defaultItems ?? []
  },
  chooseFile(options) {
    shown('file', options.withPrompt, options)
    if (answer.cancels) throw cancelled()
    return { toString: () => answer.file }
  },
}
const result = vm.runInNewContext(script, {
  ObjC: { import() {} },
  Application: { currentApplication: () => app },
  $: {
    exit: status => process.exit(status & 255),
    puts: text => fs.writeSync(1, text + '\n'),
    dprintf: (file, text) => fs.writeSync(file, String(text)),
  },
  trap: () => note('trapped', {}), // what hostile texts call
})
fs.writeSync(1, (result ?? '') + '\n')

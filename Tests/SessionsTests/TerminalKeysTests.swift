import Foundation
import Testing

/// A terminal with a person at one end and a program at the other.
private final class Terminal {
  let program: FileHandle
  private let person: Int32
  private(set) var text = ""

  init() throws {
    person = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)
    // TIOCSPTLCK and TIOCGPTN, which are macros that Swift does not see: unlock it, and tell its number.
    var (isLocked, number): (Int32, Int32) = (0, -1)
    try #require(ioctl(person, 0x4004_5431, &isLocked) == 0)
    try #require(ioctl(person, 0x8004_5430, &number) == 0)
    let end = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try #require(end >= 0)
    program = FileHandle(fileDescriptor: end, closeOnDealloc: true)
  }

  deinit { close(person) }

  func press(_ keys: String) { _ = write(person, keys, keys.utf8.count) }

  func forget() { text = "" }

  /// Reads on until something is so.
  func wait(_ seconds: Double, until isSo: () -> Bool) -> Bool {
    let deadline = DispatchTime.now() + seconds
    var bytes = [UInt8](repeating: 0, count: 4096)
    while DispatchTime.now() < deadline {
      var count = read(person, &bytes, bytes.count)
      while count > 0 {
        text += String(decoding: bytes[..<count], as: UTF8.self)
        count = read(person, &bytes, bytes.count)
      }
      if isSo() { return true }
      usleep(20_000)
    }
    return false
  }

  /// Whether keys come line by line, as a shell has it.
  var isLineByLine: Bool {
    var settings = termios()
    return tcgetattr(program.fileDescriptor, &settings) == 0
      && settings.c_lflag & tcflag_t(ICANON) != 0
  }

  /// Sets it as a shell does for a program that it brings back to the foreground.
  func setLineByLine() {
    var settings = termios()
    tcgetattr(program.fileDescriptor, &settings)
    settings.c_lflag |= tcflag_t(ICANON | ECHO)
    tcsetattr(program.fileDescriptor, TCSANOW, &settings)
  }
}

/// A person's keys at the terminal of a training.
@Suite struct TerminalKeysTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func `keys stop the arm and let it go on, also where a shell has set the terminal anew`()
    throws
  {
    let terminal = try Terminal()
    let run = scratch.path("r")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
    process.arguments =
      ["--ctty", "--wait", KingletProcess.executable.path, "launch", "Launch/pcb-insertion.yaml"]
      + [
        "run=" + run, "seed=5", "learner.demonstrationShare=0", "learner.startStep=1000000",
        "finish.steps=100000",
      ]
    process.currentDirectoryURL = KingletProcess.root
    process.standardInput = terminal.program
    process.standardOutput = terminal.program
    process.standardError = terminal.program
    try KingletProcess.start(process)
    defer { for left in KingletProcess.running(with: run) { kill(left, SIGKILL) } }
    let log = run + "/logs/driver.log"
    let isActive = terminal.wait(60) {
      (try? String(contentsOfFile: log, encoding: .utf8))?.contains("active at") == true
    }
    try #require(isActive, "\(terminal.text)")
    for _ in 0..<2 {
      try #require(terminal.wait(20) { !terminal.isLineByLine })
      terminal.forget()
      terminal.press("s")
      try #require(
        terminal.wait(20) { terminal.text.contains("userStopped: the key s") }, "\(terminal.text)")
      var next = DispatchTime.now()
      let goesOn = terminal.wait(20) {
        // Until the arm has come to rest.
        if DispatchTime.now() > next {
          terminal.press("r")
          next = .now() + 0.5
        }
        return terminal.text.contains("ready: the key r")
      }
      try #require(goesOn, "\(terminal.text)")
      terminal.setLineByLine()
    }
    try #require(terminal.wait(20) { !terminal.isLineByLine })
    terminal.press("\u{3}\u{3}")
    #expect(terminal.wait(30) { !process.isRunning }, "\(terminal.text)")
    #expect(terminal.isLineByLine)
    #expect(KingletProcess.isGone(run))
  }
}

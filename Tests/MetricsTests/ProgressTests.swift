import Metrics
import Testing

@Suite struct ProgressTests {
  static let progress = Progress(
    step: 1200, steps: 12_000, robotSeconds: 120, robotSecondsLimit: 1e9, wallSeconds: 60,
    updatesPerSecond: 78.4, episodes: 41, successLast20: 0.85)

  @Test func `the line says where the training stands`() {
    #expect(
      Self.progress.line(width: 200)
        == "step 1200/12000  success 85 % of last 20  episodes 41  robot 2:00  wall 1:00  "
        + "78 updates/s  ETA 9:00")
  }

  @Test func `who neither learns nor decides the end says nothing of either`() {
    var progress = Self.progress
    (progress.steps, progress.updatesPerSecond) = (nil, nil)
    #expect(
      progress.line(width: 200)
        == "step 1200  success 85 % of last 20  episodes 41  robot 2:00  wall 1:00")
    #expect(progress.remainingSeconds == nil)
  }

  @Test func `no line is wider than allowed, and none gains by more room`() {
    var last = 0
    for width in 0...200 {
      let line = Self.progress.line(width: width)
      #expect(line.count <= width)
      #expect(line.count >= last)
      last = line.count
    }
  }

  @Test func `what is left follows the pace, and whichever end is nearer`() {
    var progress = Self.progress
    #expect(progress.remainingSeconds == 540)
    progress.robotSecondsLimit = 240
    #expect(progress.remainingSeconds == 60)
    progress.firstStep = 600
    #expect(progress.remainingSeconds == 120)
    progress.step = 13_000
    #expect(progress.remainingSeconds == 0)
    progress.firstStep = 13_000
    #expect(progress.remainingSeconds == nil)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1, 0])
  func `odd numbers make a line all the same`(odd: Double) {
    let progress = Progress(
      step: 1, steps: 2, robotSeconds: odd, robotSecondsLimit: odd, wallSeconds: odd,
      updatesPerSecond: odd, episodes: 0, successLast20: nil)
    #expect(progress.line(width: 200).hasPrefix("step 1/2  success - of last 20"))
  }

  @Test(arguments: [
    (0.0, "0:00"), (59.99, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"),
    (100_000, "27:46:40"),
  ])
  func `times read as on a clock`(seconds: Double, text: String) {
    var progress = Self.progress
    progress.robotSeconds = seconds
    #expect(progress.line(width: 200).contains("robot \(text)  "))
  }

  @Test func `lines keep their distance in time`() {
    let kinds: [(ProgressLine.Destination, Double)] = [(.plain, 30), (.terminal(width: 80), 0.2)]
    for (destination, interval) in kinds {
      var line = ProgressLine(to: destination)
      var shown: [Double] = []
      for step in 0..<1000 {
        var progress = Self.progress
        progress.wallSeconds = Double(step) * interval / 10
        if line.text(for: progress) != nil { shown.append(progress.wallSeconds) }
      }
      let gaps = zip(shown, shown.dropFirst()).map { $1 - $0 }
      #expect(gaps.count > 80)
      #expect(gaps.allSatisfy { $0 >= interval && $0 < interval * 1.11 })
    }
  }

  @Test func `a terminal's line stays on one row, a file's ends`() throws {
    var terminal = ProgressLine(to: .terminal(width: 40))
    let shown = terminal.text(for: Self.progress)
    let row = try #require(shown)
    #expect(row.hasPrefix("\r") && row.hasSuffix("\u{1B}[K") && !row.contains("\n"))
    #expect(row.count <= 39 + 4)
    let interruptions = [terminal.interruption(), terminal.interruption()]
    #expect(interruptions == ["\r\u{1B}[K", ""])
    #expect(terminal.lastText(for: Self.progress).hasSuffix("\n"))
    var plain = ProgressLine(to: .plain)
    let printed = plain.text(for: Self.progress)
    let text = try #require(printed)
    #expect(text.hasSuffix("\n") && !text.contains("\r") && !text.contains("\u{1B}"))
    let none = plain.interruption()
    #expect(none.isEmpty)
  }
}

import Metrics

/// What a search for inputs that break a reader has found.
public struct FuzzReport: Report {
  /// What one reader did.
  public struct Target: Encodable, Sendable {
    /// Its name.
    public var name: String
    /// Inputs tried.
    public var inputs: Int
    /// Inputs that were read as good.
    public var accepted: Int
    /// Inputs that were refused.
    public var refused: Int
    /// Processes under test that ended with a reason that they named, among the refused.
    public var endings: Int
    /// Inputs after which the reader was no more, or did what it must not.
    public var crashes: Int
    /// Inputs that took longer than the limit.
    public var hangs: Int
    /// Resident memory of the reading process after a tenth of the inputs [MB].
    public var startMegabytes: Double
    /// Resident memory at the end [MB].
    public var endMegabytes: Double
    /// Whether the memory grew by more than the limit.
    public var isGrowing: Bool
    /// Longest time of one input [ms].
    public var slowestMilliseconds: Double
    /// Wall time [s].
    public var seconds: Double
  }

  /// An input that broke a reader.
  public struct Finding: Encodable, Sendable {
    /// The reader.
    public var target: String
    /// Number of the input in the reader's series.
    public var number: Int
    /// Where the input is kept, for `--input`.
    public var file: String
    /// What the reader said last.
    public var reason: String
  }

  /// Seed of the inputs.
  public var seed: UInt64
  /// Inputs tried in all.
  public var inputs: Int
  /// Crashes in all.
  public var crashes: Int
  /// Hangs in all.
  public var hangs: Int
  /// Readers whose memory grew.
  public var growing: Int
  /// Each reader, in the order that they were tried.
  public var targets: [Target]
  /// The inputs that broke one, the first 20 of each.
  public var findings: [Finding]

  /// Whether nothing broke.
  public var isClean: Bool { crashes == 0 && hangs == 0 && growing == 0 }

  init(seed: UInt64, targets: [Target], findings: [Finding]) {
    self.seed = seed
    self.targets = targets
    self.findings = findings
    inputs = targets.reduce(0) { $0 + $1.inputs }
    crashes = targets.reduce(0) { $0 + $1.crashes }
    hangs = targets.reduce(0) { $0 + $1.hangs }
    growing = targets.count(where: \.isGrowing)
  }

  /// The report for a person.
  public var text: String {
    let head = Self.row([
      "target", "inputs", "accepted", "refused", "crashes", "hangs", "MB from", "to", "seconds",
    ])
    let rows = targets.map { target in
      Self.row([
        target.name, "\(target.inputs)", "\(target.accepted)", "\(target.refused)",
        "\(target.crashes)", "\(target.hangs)", decimal(target.startMegabytes, 1),
        decimal(target.endMegabytes, 1) + (target.isGrowing ? "!" : ""),
        decimal(target.seconds, 1),
      ])
    }
    let found = findings.map { "\($0.file): \($0.reason)" }
    let all = "\(inputs) inputs, \(crashes) crashes, \(hangs) hangs, \(growing) growing"
    return ([head] + rows + found + [all]).joined(separator: "\n")
  }

  private static func row(_ cells: [String]) -> String {
    cells.enumerated().map { index, cell in
      let width = index == 0 ? 20 : 9
      let padding = String(repeating: " ", count: max(1, width - cell.count))
      return index == 0 ? cell + padding : padding + cell
    }.joined()
  }
}

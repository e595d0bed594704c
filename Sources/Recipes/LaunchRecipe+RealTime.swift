extension LaunchRecipe {
  /// What the processes of 1 kHz ask of the kernel, as far as it grants that, in `clock: realtime`.
  public struct RealTime: Sendable, Equatable {
    /// Whether their memory is kept from being swapped out.
    public var lockMemory = true
    /// Priority of the driver under SCHED_FIFO, the controller's being two lower; 0 for none.
    public var priority = 80
    /// Where they run.
    public var cpu = Processor.automatic

    /// Where a process runs.
    public enum Processor: Sendable, Equatable {
      /// Where nothing else runs, when there is such a processor.
      case automatic
      /// Anywhere.
      case none
      /// The driver on this processor, the controller on the next.
      case number(Int)
    }

    /// What is right on a desktop: all of it, as far as it is to be had.
    public init() {}
  }
}

extension LaunchRecipe.RealTime: RecipeSection {
  init(reading section: inout Section) {
    self.init()
    if section.holds("lockMemory") { lockMemory = section.flag("lockMemory") }
    // 99 is for the kernel's own threads.
    if section.holds("priority") { priority = section.whole("priority", 0...98) }
    if section.holds("cpu") {
      cpu = section.parsed(
        "cpu", expected: "auto, none or the number of a processor in 0…1022",
        otherwise: .automatic, parse: Processor.init(text:))
    }
  }

  var entries: [WrittenEntry] {
    [
      .init("lockMemory", lockMemory), .init("priority", priority), .init("cpu", line: cpu.text),
    ]
  }
}

extension LaunchRecipe.RealTime.Processor {
  /// What a launch file says; nil where that means nothing.
  init?(text: String) {
    switch text {
    case "auto": self = .automatic
    case "none": self = .none
    default:
      guard let number = Int(text), (0...1022).contains(number) else { return nil }
      self = .number(number)
    }
  }

  /// As a launch file says it.
  var text: String {
    switch self {
    case .automatic: "auto"
    case .none: "none"
    case .number(let number): "\(number)"
    }
  }
}

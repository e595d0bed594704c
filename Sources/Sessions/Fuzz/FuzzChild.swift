import Foundation
import Fuzzing
import RealTime

/// What a child of a search is to do.
public struct FuzzOrder: Sendable {
  /// Name of the target.
  public var target: String
  /// Seed of the inputs.
  public var seed: UInt64
  /// Number of the first input.
  public var first: UInt64
  /// Number of inputs.
  public var count: UInt64
  /// The file in which the child writes what it is at.
  public var journal: String
  /// A folder to work in.
  public var folder: String
  /// The launch file of what is read.
  public var recipeFile: String
  /// A file with the only input; nil for the series.
  public var input: String?

  /// An order of its parts.
  public init(
    target: String, seed: UInt64, first: UInt64, count: UInt64, journal: String, folder: String,
    recipeFile: String, input: String?
  ) {
    self.target = target
    self.seed = seed
    self.first = first
    self.count = count
    self.journal = journal
    self.folder = folder
    self.recipeFile = recipeFile
    self.input = input
  }
}

extension Commands {
  /// Tries inputs on one reader, and ends where that breaks: the child of `kinglet fuzz`.
  public static func fuzzChild(_ order: FuzzOrder, supervisor: Int32) throws {
    try ParentWatch.dieWithParent(supervisor, by: .kill)
    limitMemory()
    guard let target = FuzzTarget.named(order.target) else {
      throw SessionFailure("\(order.target): no such target")
    }
    guard let journal = Journal(order.journal) else {
      throw SessionFailure("\(order.journal): cannot be mapped")
    }
    let place = FuzzPlace(folder: order.folder, recipeFile: order.recipeFile, seed: order.seed)
    let (samples, reader) = try target.prepare(place)
    var trial = FuzzTrial(reader, journal: journal)
    if let input = order.input {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: input)))
      try trial.take(bytes, number: 0)
    } else {
      var series = InputSeries(
        seed: order.seed, name: target.name, form: target.form, samples: samples,
        from: order.first)
      try trial.run(&series, count: order.count)
    }
    journal[.residentAtEnd] = UInt64(trial.residentBytes)
    journal.stage = .done
  }

  /// What asks for more than this has found a defect.
  private static func limitMemory() {
    let most = rlim_t(4) << 30
    var limit = rlimit(rlim_cur: most, rlim_max: most)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  }
}

/// A reader on trial: each input is in the journal before the reader sees it.
private struct FuzzTrial {
  private var reader: any FuzzReader
  private let journal: Journal

  init(_ reader: any FuzzReader, journal: Journal) {
    self.reader = reader
    self.journal = journal
  }

  var residentBytes: Int { reader.residentBytes }

  mutating func run(_ series: inout InputSeries, count: UInt64) throws {
    for index in 0..<count {
      let number = series.number
      try take(series.next(), number: number)
      if index == count / 10 { journal[.residentAtStart] = UInt64(residentBytes) }
    }
  }

  mutating func take(_ input: [UInt8], number: UInt64) throws {
    journal.begin(input, number: number)
    let start = MonotonicClock.now
    do {
      try reader.take(input)
      journal[.accepted] += 1
    } catch let finding as FuzzFinding {
      throw SessionFailure("\(finding)")
    } catch is NamedEnding {
      journal[.ended] += 1
      journal[.refused] += 1
    } catch {
      journal[.refused] += 1
    }
    let time = UInt64(max(0, MonotonicClock.now - start))
    if time > journal[.slowest] { journal[.slowest] = time }
  }
}

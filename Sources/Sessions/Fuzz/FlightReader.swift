import Foundation
import Fuzzing
import Geometry
import Messages
import Randomness
import Recipes

extension FuzzTarget {
  /// A flight recording, as chaos looks at it and judges it.
  static let flight = FuzzTarget(name: "flight", form: .binary, weight: 20) { place in
    let recipe = try SessionRecipe.load(launchFile: place.recipeFile)
    var samples = FuzzSamples(seed: place.seed)
    let inputs = (0..<4).map { _ in FlightReader.input(&samples, recipe.robot.joints.home) }
    return (inputs, try FlightReader(place, FlightLaws(recipe)))
  }
}

/// A reader of a recording of which an input is the head, the number from which on ticks are read,
/// and the newest ticks; what is shorter than those two is the whole file.
final class FlightReader: FuzzReader {
  /// Bytes of the recording's words, and of the number behind them.
  private static let head = (words: 32, all: 40)
  /// Ticks that are judged, and most that an input brings.
  private static let most = 64
  private let folder: String
  private let laws: FlightLaws
  private let file: Int32

  init(_ place: FuzzPlace, _ laws: FlightLaws) throws {
    folder = place.folder
    self.laws = laws
    // What it leaves is a recording of no ticks.
    _ = FlightRecorder(run: place.folder)
    file = open(place.file(FlightRecorder.name), O_RDWR | O_CLOEXEC)
    guard file >= 0 else { throw SessionFailure("\(folder): no room for a flight recording") }
  }

  deinit { close(file) }

  /// Some ticks of an arm that is moved or stopped.
  static func input(_ samples: inout FuzzSamples, _ home: JointVector) -> [UInt8] {
    let modes: [DriverMode] = [.ready, .active, .holding, .dampedStop, .fault]
    let first = Int64(samples.word())
    let ticks = (0..<8).map { index in
      var entry = FlightEntry()
      (entry.tick, entry.time) = (first + Int64(index), (first + Int64(index)) * 1_000_000)
      entry.clock = entry.time + 7_000_000_000
      entry.mode = UInt32(modes[samples.stream.index(below: modes.count)].rawValue)
      entry.commanded = UInt32(samples.stream.index(below: 2))
      (entry.toolSpeed, entry.contactForce) = (0.01, 40 * abs(samples.number()))
      entry.position = home
      return entry
    }
    let count = UInt64(first) + UInt64(ticks.count)
    let head = [FlightRecorder.magic, UInt64(FlightRecorder.stride), count, 7_000_000_000]
    return bytes(of: head + [UInt64(first)]) + bytes(of: ticks)
  }

  private static func bytes<Part: BitwiseCopyable>(of parts: [Part]) -> [UInt8] {
    parts.withUnsafeBytes { [UInt8]($0) }
  }

  func take(_ input: [UInt8]) throws {
    guard input.count >= Self.head.all else { return try takeShort(input) }
    defer { write([UInt8](repeating: 0, count: Self.head.words), at: 0) }
    write([UInt8](input[..<Self.head.words]), at: 0)
    guard let view = FlightView(run: folder) else { throw SessionFailure("another version") }
    let first = input[Self.head.words..<Self.head.all].reversed()
      .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let places = put(input.dropFirst(Self.head.all), before: view.count)
    defer { clear(places) }
    try judge(view.entries(from: first).suffix(Self.most), newest: view.latest)
  }

  /// A file of another size is none.
  private func takeShort(_ input: [UInt8]) throws {
    ftruncate(file, off_t(input.count))
    defer {
      ftruncate(file, 0)
      ftruncate(file, off_t(FlightRecorder.size))
    }
    write(input, at: 0)
    guard FlightView(run: folder) == nil else {
      throw FuzzFinding("\(input.count) bytes are taken for a flight recording")
    }
    throw SessionFailure("another size")
  }

  /// Writes ticks where the last of so many are; the places.
  private func put(_ bytes: ArraySlice<UInt8>, before count: UInt64) -> [Int] {
    let stride = FlightRecorder.stride
    let ticks = min(Self.most, Int(min(count, UInt64(bytes.count / stride))))
    return (0..<ticks).map { index in
      let place = FlightRecorder.place(of: count - UInt64(ticks - index))
      let start = bytes.startIndex + index * stride
      write([UInt8](bytes[start..<start + stride]), at: place)
      return place
    }
  }

  private func clear(_ places: [Int]) {
    let nothing = [UInt8](repeating: 0, count: FlightRecorder.stride)
    for place in places { write(nothing, at: place) }
  }

  private func write(_ bytes: [UInt8], at place: Int) {
    pwrite(file, bytes, bytes.count, off_t(place))
  }

  private func judge(_ ticks: ArraySlice<FlightEntry>, newest: FlightEntry?) throws {
    let ticks = [FlightEntry](ticks)
    if let last = ticks.last, last.tick != newest?.tick {
      throw FuzzFinding("the newest tick is not the last one")
    }
    let broken = laws.violations(of: ticks)
    _ = FlightLaws.hasStopped(ticks, from: 0, within: 2.5)
    // A comparison with a limit may forget what is no number.
    let isStrange = ticks.contains { !$0.speed.isFinite || !$0.toolSpeed.isFinite }
    if isStrange, broken.isEmpty { throw FuzzFinding("a speed that is no number breaks no law") }
    if let last = ticks.last, !last.speed.isFinite, FlightLaws.unrest(atEndOf: ticks) == nil {
      throw FuzzFinding("an arm whose speed is no number is said to stand")
    }
  }
}

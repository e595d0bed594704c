import Foundation
import Fuzzing
import Metrics

/// Something that reads what others wrote, made ready to be tried on many inputs.
protocol FuzzReader {
  /// Reads one input, and throws where it refuses it.
  ///
  /// A `FuzzFinding` says that something is wrong with the reader, not with the input.
  mutating func take(_ input: [UInt8]) throws
  /// Memory in RAM of the process that reads [bytes].
  var residentBytes: Int { get }
}

extension FuzzReader {
  /// Of this process.
  var residentBytes: Int { resident(of: "self") }
}

/// Memory of a process that is in RAM [bytes]; 0 where there is no such process.
func resident(of process: String) -> Int {
  let text = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)) ?? ""
  let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  return pages * sysconf(Int32(_SC_PAGESIZE))
}

/// What is wrong with a reader.
struct FuzzFinding: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A reader that was refused an input because a process under test ended with a reason of its own.
struct NamedEnding: Error {
  let reason: String
}

/// Where a target works: a folder of its own, the file of the recipe, the seed of its samples.
struct FuzzPlace {
  let folder: String
  let recipeFile: String
  let seed: UInt64

  /// A file of the folder.
  func file(_ name: String) -> String { folder + "/" + name }
}

/// A reader by name, with valid inputs to start from.
struct FuzzTarget: Sendable {
  let name: String
  let form: InputForm
  /// Its share of all inputs, beside those of the others.
  let weight: Int
  /// Makes samples and reader; a session of processes takes some seconds.
  let prepare: @Sendable (FuzzPlace) throws -> (samples: [[UInt8]], reader: any FuzzReader)

  /// All that read what comes from outside, in the order of the rooms.
  static let all: [FuzzTarget] =
    messages + recordings + [flight] + learned + recipes + results + sockets + processes
    + [arm, status]

  /// Those and the ones that show that the search sees what it looks for.
  static func named(_ name: String) -> FuzzTarget? {
    (all + selfTests).first { $0.name == name }
  }
}

/// A reader that keeps nothing.
struct PlainReader: FuzzReader {
  let read: ([UInt8]) throws -> Void

  mutating func take(_ input: [UInt8]) throws { try read(input) }
}

/// A reader of files: each input is put at a path first.
struct FileReader: FuzzReader {
  let path: String
  let read: () throws -> Void

  mutating func take(_ input: [UInt8]) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FuzzFinding("\(path): cannot be written") }
    var rest = input[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    close(descriptor)
    try read()
  }
}

/// A reader that keeps everything, and more.
private struct KeepingReader: FuzzReader {
  private var kept: [[UInt8]] = []

  mutating func take(_ input: [UInt8]) throws {
    kept.append(input + [UInt8](repeating: 1, count: 1 << 16))
  }
}

extension FuzzTarget {
  /// Crashes, hangs and grows on purpose, so that a test can see that each is found.
  static let selfTests: [FuzzTarget] = [
    selfTest("selftest.crash") { precondition($0.count % 50 != 49, "crashed on purpose") },
    selfTest("selftest.hang") { if $0.count % 50 == 49 { while true { usleep(1000) } } },
    FuzzTarget(name: "selftest.growth", form: .binary, weight: 1) { _ in
      ([[7, 7, 7]], KeepingReader())
    },
    selfTest("selftest.finding") {
      if $0.count % 50 == 49 { throw FuzzFinding("found on purpose") }
    },
  ]

  private static func selfTest(
    _ name: String, _ read: @escaping @Sendable ([UInt8]) throws -> Void
  ) -> FuzzTarget {
    FuzzTarget(name: name, form: .binary, weight: 1) { _ in
      ([[UInt8](repeating: 7, count: 100)], PlainReader(read: read))
    }
  }
}

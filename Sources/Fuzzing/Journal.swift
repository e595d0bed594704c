import Glibc

/// A file mapped into memory in which a child writes what it is at; what is in it outlives the child.
public final class Journal {
  /// How far the child is.
  public enum Stage: UInt64, Sendable {
    /// It makes ready.
    case starting
    /// It works at the input.
    case running
    /// It has done all.
    case done
  }

  /// A count in the journal.
  public enum Count: Int, CaseIterable, Sendable {
    /// See `Stage`.
    case stage
    /// Number of the input under way.
    case number
    /// Its length [bytes].
    case length
    /// Inputs that were read as good.
    case accepted
    /// Inputs that were refused.
    case refused
    /// Processes under test that ended with a reason that they named.
    case ended
    /// Resident memory after a tenth of the inputs [bytes].
    case residentAtStart
    /// Resident memory at the end [bytes].
    case residentAtEnd
    /// Longest time of an input [ns].
    case slowest
  }

  private static let head = 128
  private static let size = head + InputSeries.longest
  private let memory: UnsafeMutableRawPointer

  /// Opens or makes a journal; nil where the system refuses.
  public init?(_ path: String) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard ftruncate(descriptor, Self.size) == 0,
      let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      mapped != MAP_FAILED
    else { return nil }
    memory = mapped
  }

  deinit { munmap(memory, Self.size) }

  /// A count.
  public subscript(_ count: Count) -> UInt64 {
    get { memory.load(fromByteOffset: 8 * count.rawValue, as: UInt64.self) }
    set { memory.storeBytes(of: newValue, toByteOffset: 8 * count.rawValue, as: UInt64.self) }
  }

  /// How far the child is.
  public var stage: Stage {
    get { Stage(rawValue: self[.stage]) ?? .starting }
    set { self[.stage] = newValue.rawValue }
  }

  /// Writes down an input before it is tried.
  public func begin(_ input: [UInt8], number: UInt64) {
    let count = min(input.count, InputSeries.longest)
    input.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress, count > 0 else { return }
      (memory + Self.head).copyMemory(from: start, byteCount: count)
    }
    self[.length] = UInt64(count)
    self[.number] = number
    stage = .running
  }

  /// The input under way.
  public var input: [UInt8] {
    let count = min(Int(self[.length]), InputSeries.longest)
    return [UInt8](UnsafeRawBufferPointer(start: memory + Self.head, count: count))
  }
}

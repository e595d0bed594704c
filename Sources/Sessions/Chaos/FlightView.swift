import Glibc

/// A living driver's flight recording, mapped: the newest tick without reading the file.
package final class FlightView {
  private let memory: UnsafeRawPointer

  /// The recording in a run's folder as it stands now; nil where there is none yet, or one of
  /// another version.
  package init?(run: String) {
    let file = open(run + "/" + FlightRecorder.name, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard lseek(file, 0, SEEK_END) == off_t(FlightRecorder.size),
      let memory = mmap(nil, FlightRecorder.size, PROT_READ, MAP_SHARED, file, 0),
      memory != MAP_FAILED
    else { return nil }
    self.memory = UnsafeRawPointer(memory)
    // A driver that has only just begun has not written them yet.
    guard word(at: 0) == FlightRecorder.magic, word(at: 8) == UInt64(FlightRecorder.stride) else {
      return nil
    }
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: memory), FlightRecorder.size) }

  /// Ticks so far; no more than can be added to without an overflow.
  var count: UInt64 { min(word(at: 16), UInt64(Int64.max)) }

  /// When its driver began [ns]: which recording it is.
  var begun: Int64 { Int64(bitPattern: word(at: 24)) }

  /// The newest tick; nil before the first.
  package var latest: FlightEntry? {
    let count = count
    return count == 0 ? nil : FlightRecorder.entry(count - 1, in: memory)
  }

  /// The ticks from a number on, as far as they are kept.
  func entries(from first: UInt64) -> [FlightEntry] {
    let count = count
    let oldest = count - min(count, UInt64(FlightRecorder.capacity - 1))
    return (max(first, oldest)..<max(count, first, oldest)).map {
      FlightRecorder.entry($0, in: memory)
    }
  }

  private func word(at place: Int) -> UInt64 {
    memory.load(fromByteOffset: place, as: UInt64.self)
  }
}

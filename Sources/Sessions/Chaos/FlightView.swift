import Glibc

/// A living driver's flight recording, mapped: the newest tick without reading the file.
final class FlightView {
  private let memory: UnsafeRawPointer

  /// The recording in a run's folder as it stands now; nil where there is none yet.
  init?(run: String) {
    let file = open(run + "/" + FlightRecorder.name, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard lseek(file, 0, SEEK_END) == off_t(FlightRecorder.size),
      let memory = mmap(nil, FlightRecorder.size, PROT_READ, MAP_SHARED, file, 0),
      memory != MAP_FAILED
    else { return nil }
    self.memory = UnsafeRawPointer(memory)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: memory), FlightRecorder.size) }

  /// Ticks so far.
  var count: UInt64 { memory.load(fromByteOffset: 16, as: UInt64.self) }

  /// When its driver began [ns]: which recording it is.
  var begun: Int64 { memory.load(fromByteOffset: 24, as: Int64.self) }

  /// The newest tick; nil before the first.
  var latest: FlightEntry? {
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
}

import Foundation
import OffPolicy
import RealTime
import SimulatedWorld
import Tensors
import Wire

/// Median and tail of a measured time [µs].
public struct Spread: Encodable, Sendable {
  /// Half of the times are at most this.
  public var median: Double
  /// 99 of 100 times are at most this.
  public var p99: Double

  init(median: Double, p99: Double) { (self.median, self.p99) = (median, p99) }

  /// The spread of times in nanoseconds; zeros for no times.
  init(nanoseconds: [Int64]) {
    let sorted = nanoseconds.sorted()
    func quantile(_ share: Double) -> Double {
      guard !sorted.isEmpty else { return 0 }
      let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
      return Double(sorted[max(0, min(sorted.count - 1, rank))]) / 1000
    }
    median = quantile(0.5)
    p99 = quantile(0.99)
  }

  /// Both in a line for a person.
  var text: String { "\(decimal(median, 2)) µs (99 % within \(decimal(p99, 2)))" }
}

/// The middle one of some numbers, the higher of two middle ones; 0 of none.
func median(_ numbers: [Double]) -> Double {
  numbers.isEmpty ? 0 : numbers.sorted()[numbers.count / 2]
}

/// What the figures of a bench were measured on.
public struct BenchMachine: Encodable, Sendable {
  /// Model name of the processor.
  public var processor: String
  /// Processors that this process may use.
  public var processors: Int
  /// Processes that wanted a processor when the bench began, averaged over the last minute.
  public var load: Double
  /// Instruction set of the learning kernels.
  public var kernels: String
  /// Version of MuJoCo.
  public var mujoco: String
  /// Version of libzmq.
  public var libzmq: String
  /// Time of one reading of the clock, which each measured time holds once [µs].
  public var clockMicroseconds: Double

  /// This machine, now.
  init() {
    processor = Self.processorName
    processors = ProcessInfo.processInfo.activeProcessorCount
    var loads = [0.0]
    load = getloadavg(&loads, 1) == 1 ? loads[0] : 0
    kernels = "\(KernelVariant.best)"
    mujoco = Engine.version
    libzmq = Context.libraryVersion
    let start = MonotonicClock.now
    for _ in 0..<999 { _ = MonotonicClock.now }
    clockMicroseconds = Double(MonotonicClock.now - start) * 1e-6
  }

  private static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
    return name ?? "unknown"
  }

  var text: String {
    "\(processor), \(processors) processors, load \(decimal(load, 1)), kernels \(kernels), "
      + "MuJoCo \(mujoco), libzmq \(libzmq)"
      + (load > 0.5 ? "\nother work runs here: the times below are too long" : "")
  }
}

import Glibc
import Metrics
import RealTime
import Tensors

/// How fast the learner's matrix products are, beside other libraries.
public struct GemmReport: Report {
  /// One product of one layer; what a library that is missing would have made is null.
  public struct Row: Encodable, Sendable {
    /// Which of the layer's products.
    public var product: String
    /// Rows of the batch.
    public var rows: Int
    /// Inputs of the layer.
    public var inputs: Int
    /// Outputs of the layer.
    public var outputs: Int
    /// Kinglet's kernels [10⁹ operations per second].
    public var kinglet: Double
    /// Eigen, compiled for AVX2 whatever the kernels use; on one thread only.
    public var eigen: Double?
    /// OpenBLAS.
    public var openBLAS: Double?
    /// oneDNN.
    public var oneDNN: Double?
  }

  /// Threads.
  public var threads: Int
  /// Instruction set of Kinglet's kernels.
  public var kernels: String
  /// Multiply-adds between registers alone [10⁹ operations per second].
  public var peakGflops: Double
  /// The products.
  public var rows: [Row]

  /// The report for a person.
  public var text: String {
    let head =
      "matrix products, \(threads) threads, \(kernels), peak \(decimal(peakGflops, 1)) GFLOP/s"
    let columns = ["  product, rows × inputs × outputs", "Kinglet", "Eigen", "OpenBLAS", "oneDNN"]
    let lines = rows.map { row in
      let figures = [row.kinglet, row.eigen, row.openBLAS, row.oneDNN].map { figure in
        figure.map { decimal($0, 1) } ?? "-"
      }
      return ["  \(row.product), \(row.rows) × \(row.inputs) × \(row.outputs)"] + figures
    }
    return head + "\n"
      + ([columns] + lines).map { line in
        padded(line[0], to: 36) + line.dropFirst().map { leftPadded($0, to: 10) }.joined()
      }.joined(separator: "\n")
  }
}

private func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

private func leftPadded(_ text: String, to width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

extension Commands {
  /// Measures the learner's matrix products beside those of other libraries: `kinglet bench gemm`.
  ///
  /// Medians of blocks in turn.
  public static func benchGemm(threads: Int) -> GemmReport {
    let kernels = Kernels(threads: threads)
    let present = ReferenceLibrary.allCases.filter { ProductBench.open($0, threads: threads) }
    var peaks: [Double] = []
    var rows: [GemmReport.Row] = []
    for (inputs, outputs) in [(29, 256), (58, 256), (256, 256)] {
      let bench = ProductBench(rows: 256, inputs: inputs, outputs: outputs)
      for product in LayerProduct.allCases {
        var own: [Double] = []
        var others: [ReferenceLibrary: [Double]] = [:]
        for _ in 0..<(threads == 1 ? 15 : 7) {
          peaks.append(kernels.peak())
          own.append(rate(of: bench.operations) { bench.run(product, on: kernels) })
          for library in present {
            others[library, default: []].append(
              rate(of: bench.operations) { bench.run(product, on: library) })
            // Until the library's idle threads no longer spin.
            if threads > 1 { usleep(200_000) }
          }
        }
        rows.append(
          GemmReport.Row(
            product: product.rawValue, rows: bench.rows, inputs: inputs, outputs: outputs,
            kinglet: median(own), eigen: others[.eigen].map(median),
            openBLAS: others[.openBLAS].map(median), oneDNN: others[.oneDNN].map(median)))
      }
    }
    return GemmReport(
      threads: threads, kernels: "\(kernels.variant)", peakGflops: median(peaks) * 1e-9,
      rows: rows)
  }

  /// Operations per second over some milliseconds of a body that does so many [10⁹/s].
  private static func rate(of operations: Double, _ body: () -> Void) -> Double {
    body()
    let start = MonotonicClock.now
    var runs = 0
    repeat {
      body()
      runs += 1
    } while MonotonicClock.now - start < 3_000_000
    return operations * Double(runs) / Double(MonotonicClock.now - start)
  }
}

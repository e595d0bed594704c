internal import CKernels

/// Kernels on one row, without a context: for policies, on the caller's thread, without allocation.
public enum RowKernels {
  /// y = x·W + bias, W of x.count rows and y.count columns.
  public static func multiply(
    _ x: UnsafeBufferPointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    into y: UnsafeMutableBufferPointer<Float>
  ) {
    kinglet_row_multiply(
      Int32(x.count), Int32(y.count), x.baseAddress, weight, bias, y.baseAddress)
  }

  /// x ← tanh(x).
  public static func tanh(_ x: UnsafeMutableBufferPointer<Float>) {
    kinglet_row_tanh(Int32(x.count), x.baseAddress)
  }

  /// x ← tanh(scale·x̂ + offset) with x̂ the normalised x.
  public static func normaliseTanh(
    _ x: UnsafeMutableBufferPointer<Float>, scale: UnsafePointer<Float>,
    offset: UnsafePointer<Float>
  ) {
    kinglet_row_norm_tanh(Int32(x.count), x.baseAddress, scale, offset)
  }

  /// action ← tanh(mean + clip(exp(log deviation), 1e-5, 5)·noise), head = [mean | log deviation].
  public static func squash(
    head: UnsafePointer<Float>, noise: UnsafePointer<Float>,
    into action: UnsafeMutableBufferPointer<Float>
  ) {
    kinglet_row_squash(Int32(action.count), head, noise, action.baseAddress)
  }

  /// Standard normal draws, two uniform draws in 0..<1 each (Box-Muller).
  public static func normal(
    fromUniforms uniforms: UnsafePointer<Float>, into out: UnsafeMutableBufferPointer<Float>
  ) {
    kinglet_row_normal(Int32(out.count), uniforms, out.baseAddress)
  }
}

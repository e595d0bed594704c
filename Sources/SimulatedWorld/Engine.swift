import CMuJoCo

/// The physics engine underneath.
public enum Engine {
  /// Version of the loaded MuJoCo library, such as "3.17.0".
  public static var version: String {
    guard let text = mj_versionString() else { return "unknown" }
    return String(cString: text)
  }
}

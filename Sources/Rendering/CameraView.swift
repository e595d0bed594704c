/// Where a picture is taken from: a point that is looked at, and the way to it.
public struct CameraView: Sendable, Equatable {
  /// The point in the middle of the picture, in the world [m].
  public var lookAt: SIMD3<Double>
  /// From the camera to that point [m].
  public var distance: Double
  /// Heading in which the camera looks, counter-clockwise about z from x [deg].
  public var azimuth: Double
  /// Inclination in which the camera looks; negative looks down [deg].
  public var elevation: Double

  /// A view of its parts.
  public init(lookAt: SIMD3<Double>, distance: Double, azimuth: Double, elevation: Double) {
    self.lookAt = lookAt
    self.distance = distance
    self.azimuth = azimuth
    self.elevation = elevation
  }

  /// A whole Panda at work in front of its base, whose foot stands at `base` [m].
  public static func overview(ofArmAt base: SIMD3<Double>) -> CameraView {
    CameraView(
      lookAt: base + SIMD3(0.26, 0, 0.34), distance: 1.3, azimuth: 135, elevation: -15)
  }

  /// A connector of about 15 mm from close by, whose seat on its board is at `seat` [m].
  ///
  /// It looks from the front into the gap between the fingers, where they do not hide the pins.
  public static func closeUp(ofConnectorAt seat: SIMD3<Double>) -> CameraView {
    CameraView(
      lookAt: seat + SIMD3(0, 0, 0.004), distance: 0.075, azimuth: 163, elevation: -19)
  }

  /// Throws unless every number is finite and the distance positive.
  func validate() throws(RenderingError) {
    let numbers = [lookAt.x, lookAt.y, lookAt.z, distance, azimuth, elevation]
    guard numbers.allSatisfy({ $0.isFinite }) else {
      throw .invalidCamera(reason: "a number is not finite in \(numbers)")
    }
    guard distance > 0 else {
      throw .invalidCamera(reason: "distance \(distance) m must be positive")
    }
  }
}

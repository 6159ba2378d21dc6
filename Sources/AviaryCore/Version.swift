/// Which Aviary this is.
public enum AviaryVersion {
  public static let text = "0.1.0"
}

namespace NJepa.OnnxSpeed;

/// <summary>What one process did.</summary>
/// <param name="StartUp">From the start of the process to the features of its first image, in milliseconds.</param>
/// <param name="ImagesPerSecond">How many images it computed in a second after that.</param>
/// <param name="Features">The features of the first image.</param>
internal sealed record Turn(double StartUp, double ImagesPerSecond, float[] Features);

namespace NJepa.OnnxSpeed;

/// <summary>RGB bytes <c>[B,H,W,3]</c> to pooled features <c>[B,D]</c>.</summary>
internal interface IFeatures : IDisposable
{
    float[] Compute(byte[] pixelsBHWC, int count);
}

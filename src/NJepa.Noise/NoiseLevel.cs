namespace NJepa.Noise;

/// <summary>
/// How strongly one map of noise disturbs the position embeddings that read it:
/// <c>pos' = SignalScale * pos + Sigma * eps</c> with <c>eps ~ N(0, I)</c>.
/// </summary>
/// <param name="Sigma">Standard deviation of the added noise, in units of the position embedding (whose elements have RMS 0.7071). At least 0.</param>
/// <param name="SignalScale">Factor of the undisturbed position embedding; 1 where noise is only added.</param>
public readonly record struct NoiseLevel(float Sigma, float SignalScale = 1f);

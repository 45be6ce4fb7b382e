namespace NJepa.Noise;

/// <summary>The sequence of cumulative signal levels of a variance-preserving diffusion.</summary>
public enum VariancePreservingSchedule
{
    /// <summary>beta rises linearly from 1e-4 to 0.02 over 1,000 steps, scaled to other lengths (DDPM, Ho et al. 2020, arXiv 2006.11239, section 4).</summary>
    Linear,

    /// <summary>alpha-bar follows a squared cosine with offset 0.008 (Nichol and Dhariwal 2021, arXiv 2102.09672, equation 17).</summary>
    Cosine,
}

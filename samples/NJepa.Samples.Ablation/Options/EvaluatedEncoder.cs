namespace NJepa.Samples.Ablation.Options;

/// <summary>Which of a model's two encoders is judged. The same for all arms.</summary>
internal enum EvaluatedEncoder
{
    /// <summary>The trained one, which the N-JEPA paper evaluates.</summary>
    Student,

    /// <summary>Its moving average, which the I-JEPA paper evaluates.</summary>
    Teacher,
}

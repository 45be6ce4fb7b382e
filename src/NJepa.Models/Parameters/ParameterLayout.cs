namespace NJepa.Models;

/// <summary>
/// The order of a model's parameters: [predictors decayed, encoder decayed | encoder not decayed, predictors not decayed]. So the decayed part is one range, and the
/// encoder is one range as well, laid out as the teacher is: weight decay and the EMA each need no index.
/// </summary>
internal sealed class ParameterLayout
{
    public const string Student = "encoder.";
    public const string TargetEncoder = "target_encoder.";
    public const string Clean = "predictor.";
    public const string Noisy = "noisy_predictor.";

    private ParameterLayout(IReadOnlyList<ParameterSpec> encoder, IReadOnlyList<ParameterSpec> predictors)
    {
        Trained =
        [
            .. predictors.Where(spec => spec.Decayed),
            .. encoder.Where(spec => spec.Decayed),
            .. encoder.Where(spec => !spec.Decayed),
            .. predictors.Where(spec => !spec.Decayed),
        ];
        Teacher = [.. encoder.OrderByDescending(spec => spec.Decayed).Select(spec => spec with { Name = TargetEncoder + spec.Name[Student.Length..] })];
        EncoderOffset = predictors.Where(spec => spec.Decayed).Sum(spec => spec.Count);
    }

    public IReadOnlyList<ParameterSpec> Trained { get; }

    public IReadOnlyList<ParameterSpec> Teacher { get; }

    /// <summary>Where the encoder starts in the trained buffer.</summary>
    public long EncoderOffset { get; }

    /// <summary>Prefix of the noisy predictor's layers: its own, or the clean one's when shared.</summary>
    public string NoisyPredictorPrefix { get; private init; } = Noisy;

    public string NoisyMaskTokenPrefix { get; private init; } = Noisy;

    public static ParameterLayout For(JepaConfiguration configuration)
    {
        JepaRecipe recipe = configuration.Recipe;
        (PredictorOptions predictor, int width) = (configuration.Predictor, configuration.Encoder.Width);
        var predictors = new List<ParameterSpec> { TransformerSpecs.MaskToken(Clean, predictor) };
        predictors.AddRange(TransformerSpecs.Predictor(Clean, predictor, width, recipe.RescaledInitialization));
        if (recipe.Noise is not null && !recipe.SharedMaskToken)
        {
            predictors.Add(TransformerSpecs.MaskToken(Noisy, predictor));
        }

        if (recipe.Noise is not null && !recipe.SharedPredictor)
        {
            predictors.AddRange(TransformerSpecs.Predictor(Noisy, predictor, width, recipe.RescaledInitialization));
        }

        return new ParameterLayout([.. TransformerSpecs.Encoder(Student, configuration.Encoder, recipe.RescaledInitialization)], predictors)
        {
            NoisyPredictorPrefix = recipe.SharedPredictor ? Clean : Noisy,
            NoisyMaskTokenPrefix = recipe.SharedMaskToken ? Clean : Noisy,
        };
    }
}

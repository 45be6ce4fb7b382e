using System.Globalization;
using NJepa.Masking;
using static System.FormattableString;

namespace NJepa.Models;

/// <summary>What a model costs, in closed form: one multiplication and one addition are two floating-point operations; norms, GELU and softmax are not counted.</summary>
internal static class ModelSummary
{
    private const int MasksForAverages = 32;

    public static string Describe(ViT vit) => Invariant(
        $"{vit.Title}: {vit.Patches} tokens of width {vit.Width}, {vit.Depth} blocks, {vit.Heads} heads; {Count(EncoderParameters(vit))} parameters; {Giga(EncoderOperations(vit, vit.Patches)):0.###} GFLOP per image of {vit.ImageSize} px");

    public static string Describe(JepaConfiguration configuration)
    {
        (ViT vit, PredictorOptions predictor, JepaRecipe recipe) = (configuration.Encoder, configuration.Predictor, configuration.Recipe);
        long[] samples = [.. Enumerable.Range(0, MasksForAverages).Select(i => (long)i)];
        MaskBatch masks = recipe.Masking.CreateSampler(vit.Grid).Sample(0, 0, samples);
        int predictors = recipe.Noise is null ? 1 : 2;
        ParameterLayout layout = ParameterLayout.For(configuration);
        long trained = layout.Trained.Sum(spec => spec.Count);
        double step = StepOperations(configuration, masks);
        string noise = recipe.Noise is null ? "no noisy predictor (I-JEPA)" : $"noisy predictor: {recipe.Noise.GetType().Name}, {recipe.Granularity}{(recipe.ContextNoise ? ", visible patches too" : "")}";
        return string.Join(
            '\n',
            Invariant($"recipe {recipe.Name}, {noise}"),
            "student and teacher  " + Describe(vit),
            Invariant($"predictors           {predictors} of width {predictor.Width}, {predictor.Depth} blocks, {predictor.Heads} heads; {Count(trained - EncoderParameters(vit))} parameters{(recipe.SharedPredictor ? " (shared)" : "")}"),
            Invariant($"masks                {masks.TargetBlocks} target blocks of about {masks.TargetLength} patches, about {masks.ContextLength} of {vit.Patches} patches visible"),
            $"loss                 total = {Loss(recipe)}",
            Invariant($"trained              {Count(trained)} parameters; about {Giga(step):0.###} GFLOP per image and training step"));
    }

    // A weight of 1 and terms without weight are left out.
    private static string Loss(JepaRecipe recipe)
    {
        bool noisy = recipe.Noise is not null;
        (double Weight, string Term)[] terms =
        [
            (recipe.LossWeights.CleanTeacher, "clean-teacher"),
            (noisy ? recipe.LossWeights.NoisyTeacher : 0, "noisy-teacher"),
            (noisy ? recipe.LossWeights.NoisyClean : 0, "noisy-clean"),
            (recipe.VarianceCovariance.Variance, "variance"),
            (recipe.VarianceCovariance.Covariance, "covariance"),
        ];
        return string.Join(" + ", terms.Where(term => term.Weight > 0).Select(term => term.Weight == 1 ? term.Term : Invariant($"{term.Weight:G6} {term.Term}")));
    }

    /// <summary>Operations per image and training step with such masks, those that are computed: a backward pass costs twice the forward pass, and the teacher has none.</summary>
    public static double StepOperations(JepaConfiguration configuration, MaskBatch masks)
    {
        (ViT vit, PredictorOptions predictor) = (configuration.Encoder, configuration.Predictor);
        int queries = Math.Min(vit.Patches, masks.TargetBlocks * masks.TargetLength);
        double teacher = EncoderOperations(vit, vit.Patches)
            - BlockOperations(vit.Width, vit.MlpWidth, vit.Patches, vit.Patches) + BlockOperations(vit.Width, vit.MlpWidth, vit.Patches, queries);
        double prediction = (configuration.Recipe.Noise is null ? 1 : 2) * PredictorOperations(predictor, vit.Width, masks);
        return teacher + (3 * (EncoderOperations(vit, masks.ContextLength) + prediction));
    }

    public static double EncoderOperations(ViT vit, int tokens) =>
        (2.0 * tokens * vit.Channels * vit.PatchSize * vit.PatchSize * vit.Width) + (vit.Depth * BlockOperations(vit.Width, vit.MlpWidth, tokens, tokens));

    public static long EncoderParameters(ViT vit) => TransformerSpecs.Encoder("", vit, rescale: false).Sum(spec => spec.Count);

    // The context is embedded once per image; every target block has a sequence of its own.
    private static double PredictorOperations(PredictorOptions predictor, int encoderWidth, MaskBatch masks)
    {
        (double width, int tokens, int targets) = (predictor.Width, masks.ContextLength + masks.TargetLength, masks.TargetLength);
        double perBlock = ((predictor.Depth - 1) * BlockOperations(width, predictor.MlpWidth, tokens, tokens))
            + BlockOperations(width, predictor.MlpWidth, tokens, targets)
            + (2.0 * targets * width * encoderWidth);
        return (2.0 * masks.ContextLength * width * encoderWidth) + (masks.TargetBlocks * perBlock);
    }

    // Keys and values for all tokens; queries, output projection and MLP for the queried ones.
    private static double BlockOperations(double width, double mlpWidth, double tokens, double queries) =>
        (2 * tokens * width * 2 * width) + (2 * queries * width * 2 * width) + (4 * queries * tokens * width) + (4 * queries * width * mlpWidth);

    private static double Giga(double operations) => operations / 1e9;

    private static string Count(long parameters) => parameters >= 1_000_000
        ? (parameters / 1e6).ToString("0.0 M", CultureInfo.InvariantCulture)
        : (parameters / 1e3).ToString("0.0 k", CultureInfo.InvariantCulture);
}

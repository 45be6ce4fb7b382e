using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>Steps 2 to 5 of the method: which network reads what. The model has checked its arguments.</summary>
internal static class ForwardPass
{
    /// <summary>Targets, context and predictions; they belong to the caller's dispose scope.</summary>
    /// <param name="model">The networks.</param>
    /// <param name="imagesBCHW">Normalised images.</param>
    /// <param name="inputs">Masks and noise.</param>
    /// <param name="phaseEnded">Told when teacher, student and predictors have been computed.</param>
    public static JepaOutputs Run(JepaModel model, Tensor imagesBCHW, JepaInputs inputs, Action<string>? phaseEnded)
    {
        // A tensor that nobody holds may be collected while native code still reads it: the scope holds all that lies between inputs and outputs, whether the caller has a scope or not.
        using DisposeScope scope = NewDisposeScope();
        ModelDevice.Use(model.Device, model.Configuration.Precision);
        Tensor patches = Patches.FromImages(imagesBCHW, model.Configuration.Encoder.PatchSize);
        Tensor targetsBMTD;
        using (no_grad())
        {
            targetsBMTD = model.Teacher.EncodeTargets(patches, inputs.Targets);
        }

        phaseEnded?.Invoke("teacher");
        ActivationTape[] tapes = model.Configuration.RecomputeActivations && is_grad_enabled() ? [.. Enumerable.Range(0, 3).Select(_ => new ActivationTape(scope))] : [];
        (ActivationTape? noisyTape, ActivationTape? cleanTape, ActivationTape? studentTape) = tapes.Length == 0 ? default : (tapes[0], tapes[1], tapes[2]);
        Tensor contextBKD = model.Student.EncodeVisible(patches, inputs.Context, studentTape);
        phaseEnded?.Invoke("student");
        Tensor cleanBMTD;
        Tensor? noisyBMTD;
        if (model.NoisyPredictor is not null && model.Configuration.Recipe.SharedPredictor)
        {
            (cleanBMTD, noisyBMTD) = model.CleanPredictor.ForwardBoth(contextBKD, inputs, model.NoisyPredictor, cleanTape);
        }
        else
        {
            cleanBMTD = model.CleanPredictor.Forward(contextBKD, inputs, noisy: false, cleanTape);
            noisyBMTD = model.NoisyPredictor?.Forward(contextBKD, inputs, noisy: true, noisyTape);
        }

        phaseEnded?.Invoke("predictors");
        GC.KeepAlive(inputs);
        foreach (ActivationTape tape in tapes)
        {
            tape.MoveToOuterDisposeScope();
        }

        return new JepaOutputs(
            contextBKD.MoveToOuterDisposeScope(), targetsBMTD.MoveToOuterDisposeScope(), cleanBMTD.MoveToOuterDisposeScope(), noisyBMTD?.MoveToOuterDisposeScope())
        {
            Tapes = tapes,
            Model = model,
        };
    }

    /// <summary>The student's features of the visible patches alone, <c>[B,K,D]</c>.</summary>
    public static Tensor Context(JepaModel model, Tensor imagesBCHW, JepaInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelDevice.Use(model.Device, model.Configuration.Precision);
        return model.Student.EncodeVisible(Patches.FromImages(imagesBCHW, model.Configuration.Encoder.PatchSize), inputs.Context).MoveToOuterDisposeScope();
    }
}
